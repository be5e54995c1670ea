/**
 * Retained messages: the hash `retained`, as the package keeps it, so that what an Aedes broker left in Redis is taken
 * over. Beside it stands what each counts for, and when those end that do.
 */
export const retainedScript = `
local function unretain(topic)
  change.retainedBytes = change.retainedBytes - (call('HGET', P..'retained-bytes', topic) or 0)
  call('HDEL', P..'retained', topic)
  call('HDEL', P..'retained-bytes', topic)
  call('ZREM', P..'retained-expiry', topic)
end
local function expireRetained(now, most)
  local topics = call('ZRANGEBYSCORE', P..'retained-expiry', '-inf', now, 'LIMIT', 0, most)
  for index = 1, #topics do unretain(topics[index]) end
  return topics
end
-- now, most topics: what has expired
function writes.EXPIRE_RETAINED(i) return expireRetained(ARGV[i], ARGV[i + 1]) end

-- of RETAIN: 1 where there is room for it, 0 where there is none, -1 where there is none in the whole store
local function mayRetain(i)
  local topic, message, bytes, all = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2]), P..'retained'
  if message == '' then return 1 end
  if not hasRoom(bytes, ARGV[i + 7]) then return -1 end
  local isNew = call('HEXISTS', all, topic) == 0 and 1 or 0
  local more = bytes - (call('HGET', P..'retained-bytes', topic) or 0)
  local fits = call('HLEN', all) + isNew <= tonumber(ARGV[i + 5]) and retainedBytes() + more <= tonumber(ARGV[i + 6])
  return fits and 1 or 0
end
local function retain(i)
  local topic, message, bytes, expiry = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  if message == '' then return unretain(topic) end
  change.retainedBytes = change.retainedBytes + bytes - (call('HGET', P..'retained-bytes', topic) or 0)
  call('HSET', P..'retained', topic, message)
  call('HSET', P..'retained-bytes', topic, bytes)
  if expiry ~= '' then call('ZADD', P..'retained-expiry', expiry, topic)
  else call('ZREM', P..'retained-expiry', topic) end
end
-- topic, message (empty removes), bytes, expiry or empty, now, most topics, most bytes, bytes of the whole store, what
-- becomes of one that has no room ('refuse', or it is left out); gives what mayRetain says, and what has expired
local RETAIN_ARGS = 9
function writes.RETAIN(i)
  local expired = expireRetained(ARGV[i + 4], 10)
  local verdict = mayRetain(i)
  if verdict == 1 then retain(i) end
  return { verdict, expired }
end
-- those of RETAIN, then those of ENQUEUE: both, or none of them; gives what RETAIN gives, and what ENQUEUE gives
function writes.KEEP(i, n)
  local expired = expireRetained(ARGV[i + 4], 10)
  local verdict = mayRetain(i)
  if verdict == -1 or (verdict == 0 and ARGV[i + 8] == 'refuse') then return { verdict, expired } end
  local events, isKept = enqueue(i + RETAIN_ARGS, n - RETAIN_ARGS)
  if isKept and verdict == 1 then retain(i) end
  return { verdict, expired, events }
end
`;
