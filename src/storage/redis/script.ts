import { queueScript } from './script-queue.ts';
import { recordScript } from './script-records.ts';
import { retainedScript } from './script-retained.ts';
import { sessionScript } from './script-sessions.ts';

/**
 * What Redis runs for each batch of operations: one round trip, and all of it or nothing when Redis is killed.
 *
 * ARGV: prefix, id of the writer, number of the batch, time of Redis (ms) after which the batch is refused, then for
 * each operation its name, the count of its arguments and the arguments. Keys are made from the arguments, so a
 * Redis Cluster cannot run it.
 *
 * A batch whose answer was lost is sent again under its number. What it wrote is not written twice, only its reads are
 * run again: that is what keeps a QoS 2 message single when the connection to Redis breaks.
 *
 * Every answer says what time it is by Redis, as its clock may be set while we are connected.
 */
const head = `
local P, MARK, NUMBER = ARGV[1], ARGV[1]..'writer:'..ARGV[2], tonumber(ARGV[3])
local call = redis.call
local isDone = tonumber(call('GET', MARK) or '0') >= NUMBER
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if not isDone and now > tonumber(ARGV[4]) then
  return redis.error_reply('LATE '..string.format('%.0f', now)..' the batch reached Redis after its deadline')
end
local STATS = P..'stats'
local change = { queuedMessages = 0, queuedBytes = 0, retainedBytes = 0, recordBytes = 0, open = 0 }
local before = call('HMGET', STATS, 'queuedBytes', 'retainedBytes', 'recordBytes')
local function retainedBytes() return (before[2] or 0) + change.retainedBytes end
local function allBytes()
  return (before[1] or 0) + change.queuedBytes + retainedBytes() + (before[3] or 0) + change.recordBytes
end
local reads, writes = {}, {}
local function key(name, client) return P..name..':'..client end
-- any command that only reads
function reads.READ(i, n) return call(unpack(ARGV, i, i + n - 1)) end
`;

/** An operation that Redis refuses (out of memory) is refused at its first write, before anything of it is done. */
const tail = `
local results, i, wrote = {}, 5, false
while i <= #ARGV do
  local name, n = ARGV[i], tonumber(ARGV[i + 1])
  local run = reads[name]
  if run == nil and not isDone then
    run = writes[name]
    wrote = true
  end
  if run == nil then results[#results + 1] = false
  else
    local ok, result = pcall(run, i + 2, n)
    if ok then results[#results + 1] = result or false
    else results[#results + 1] = { err = type(result) == 'table' and result.err or tostring(result) } end
  end
  i = i + 2 + n
end
if wrote then
  for field, by in pairs(change) do if by ~= 0 then call('HINCRBY', STATS, field, by) end end
  pcall(call, 'SET', MARK, NUMBER, 'EX', 86400)
end
local totals = call('HMGET', STATS, 'queuedMessages', 'queuedBytes', 'retainedBytes')
return { results, tonumber(totals[1] or 0), tonumber(totals[2] or 0), tonumber(totals[3] or 0),
  call('HLEN', P..'retained'), call('HLEN', P..'sessions'), now }
`;

export const batchScript: string = head + recordScript + queueScript + retainedScript + sessionScript + tail;
