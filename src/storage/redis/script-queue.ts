/**
 * The outgoing queues. The package keeps a list of packet names for each client and one packet for all of them; it
 * removes from the list by searching all of it, forgets with the process which packet identifier means which message,
 * and has no place for the QoS, retain flag and identifiers that differ from client to client. Here a client has
 *
 * - `queue:<client>`, until the session ends, a stream of its entries in order: k name of the message, d how it is
 *   delivered, e expiry, b bytes, q since when it is queued, p the message itself, or empty when it stands once for
 *   several clients in `packet:<name>` with a count beside it, as in the package;
 * - `queue-ids:<client>`, a hash from names to entries; the empty field holds the bytes of the queue, the field `x` how
 *   many messages in it can expire;
 * - `sent:<client>`, a hash of what was sent: `k<name>` to the packet identifier and, after PUBREC, an `r`;
 *   `m<packet identifier>` to the names under it, newest first.
 */
export const queueScript = `
-- only the PUBREL is left of it
local function isReceived(state) return string.match(state, 'r$') ~= nil end
local function countBytes(client, by)
  call('HINCRBY', key('queue-ids', client), '', by)
  change.queuedBytes = change.queuedBytes + by
end
local function bodyOf(f)
  if f[12] ~= '' then return f[12] end
  return call('GET', P..'packet:'..f[2]) or ''
end
local function unshare(f)
  if f[12] ~= '' then return end
  local packet = P..'packet:'..f[2]
  if call('DECR', packet..':offlineCount') <= 0 then call('DEL', packet, packet..':offlineCount') end
end
local function namesWithout(list, name)
  local rest = {}
  for other in string.gmatch(list, '%S+') do if other ~= name then rest[#rest + 1] = other end end
  return rest
end
local function unassign(client, name)
  local sent = key('sent', client)
  local state = call('HGET', sent, 'k'..name)
  if not state then return '' end
  local messageId = string.match(state, '^%d*')
  local list = messageId ~= '' and call('HGET', sent, 'm'..messageId)
  if list == name then call('HDEL', sent, 'k'..name, 'm'..messageId)
  else
    call('HDEL', sent, 'k'..name)
    if list then call('HSET', sent, 'm'..messageId, table.concat(namesWithout(list, name), ' ')) end
  end
  return state
end
local function entryOf(client, name)
  local id = call('HGET', key('queue-ids', client), name)
  if not id then return nil end
  return call('XRANGE', key('queue', client), id, id)[1]
end
-- takes an entry out of its queue; gives the state it had and the message
local function remove(client, entry)
  local queue, ids, f = key('queue', client), key('queue-ids', client), entry[2]
  local body = bodyOf(f)
  unshare(f)
  local state = unassign(client, f[2])
  call('XDEL', queue, entry[1])
  if not isReceived(state) then countBytes(client, 0 - f[8]) end
  -- the empty stream stays: it knows its last entry, which a new stream might give again while somebody reads up to it
  if call('XLEN', queue) == 0 then call('DEL', ids, key('sent', client))
  else
    call('HDEL', ids, f[2])
    if f[6] ~= '' then call('HINCRBY', ids, 'x', -1) end
  end
  change.queuedMessages = change.queuedMessages - 1
  return state, body
end
local function findSent(client, messageId)
  local list = call('HGET', key('sent', client), 'm'..messageId)
  return list and string.match(list, '%S+')
end

local function stateOf(client, name) return call('HGET', key('sent', client), 'k'..name) or '' end
-- 'fits', or what the limits say
local function admit(client, bytes, limits)
  local held = call('HGET', key('queue-ids', client), '') or 0
  if call('XLEN', key('queue', client)) < limits.messages and held + bytes <= limits.bytes then return 'fits' end
  if bytes > limits.bytes and limits.onFull == 'drop-oldest' then return 'drop-newest' end
  return limits.onFull
end
-- takes out what nobody needs to send any more, of the two oldest
local function dropLapsed(client, limits, events)
  for index = 1, 2 do
    local entry = call('XRANGE', key('queue', client), '-', '+', 'COUNT', 1)[1]
    if entry == nil or stateOf(client, entry[2][2]) ~= '' then return end
    local reason, f = nil, entry[2]
    if f[6] ~= '' and tonumber(f[6]) <= limits.now then reason = 'expired'
    elseif limits.age ~= nil and f[10] + limits.age <= limits.now then reason = 'too-old'
    else return end
    local state, body = remove(client, entry)
    events[#events + 1] = { reason, client, body }
  end
end
local function makeRoom(client, body, bytes, limits, events)
  while true do
    local admission = admit(client, bytes, limits)
    if admission == 'fits' then return true end
    if admission ~= 'drop-oldest' then
      events[#events + 1] = { 'queue-full', client, body }
      return false
    end
    local state, oldest = remove(client, call('XRANGE', key('queue', client), '-', '+', 'COUNT', 1)[1])
    events[#events + 1] = { 'queue-full', client, isReceived(state) and '' or oldest }
  end
end

-- of an exchange: client, packet identifier, most over all clients, most of this one
local function mayOpen(i)
  local own = key('open', ARGV[i])
  if call('SISMEMBER', own, ARGV[i + 1]) == 1 then return true end
  return tonumber(call('HGET', STATS, 'open') or 0) + change.open < tonumber(ARGV[i + 2])
    and call('SCARD', own) < tonumber(ARGV[i + 3])
end
local function open(i)
  local opened = call('SADD', key('open', ARGV[i]), ARGV[i + 1])
  change.open = change.open + opened
  count(opened * exchangeBytes(ARGV[i]))
end

-- name, message, expiry, bytes, now, limits (messages, bytes, age or empty, policy, bytes of the whole store), an exchange that
-- is opened with it (its client is empty for none), then for each client: client, delivery; gives what was let go: reason,
-- client, message; and whether it was kept
local function enqueue(i, n)
  local name, body, expiry, bytes, now = ARGV[i], ARGV[i + 1], ARGV[i + 2], tonumber(ARGV[i + 3]), tonumber(ARGV[i + 4])
  local limits = { messages = tonumber(ARGV[i + 5]), bytes = tonumber(ARGV[i + 6]), age = tonumber(ARGV[i + 7]),
    onFull = ARGV[i + 8], now = now }
  local packet, isShared, isOpening = P..'packet:'..name, n > 16, ARGV[i + 10] ~= ''
  local added, events = 0, {}
  if isOpening and not mayOpen(i + 10) then return { { 'exchange', '', '' } }, false end
  local needed = (n > 14 and bytes or 0) + (isOpening and exchangeBytes(ARGV[i + 10]) or 0)
  if not hasRoom(needed, ARGV[i + 9]) then return { { 'full', '', '' } }, false end
  if limits.onFull == 'refuse' then
    for at = i + 14, i + n - 1, 2 do
      local isQueued = call('HEXISTS', key('queue-ids', ARGV[at]), name) == 1
      if not isQueued and admit(ARGV[at], bytes, limits) ~= 'fits' then return { { 'refused', ARGV[at], '' } }, false end
    end
  end
  if isOpening then open(i + 10) end
  if isShared then call('SET', packet, body) end
  for at = i + 14, i + n - 1, 2 do
    local client = ARGV[at]
    local ids = key('queue-ids', client)
    local known = call('HMGET', ids, name, 'x')
    if limits.age ~= nil or tonumber(known[2] or 0) > 0 then
      dropLapsed(client, limits, events)
      known[1] = call('HGET', ids, name)
    end
    if not known[1] and makeRoom(client, body, bytes, limits, events) then
      local id = call('XADD', key('queue', client), '*', 'k', name, 'd', ARGV[at + 1], 'e', expiry, 'b', ARGV[i + 3],
        'q', ARGV[i + 4], 'p', isShared and '' or body)
      call('HSET', ids, name, id)
      countBytes(client, bytes)
      if expiry ~= '' then call('HINCRBY', ids, 'x', 1) end
      added = added + 1
      if isShared then call('INCR', packet..':offlineCount') end
    end
  end
  if isShared and call('EXISTS', packet..':offlineCount') == 0 then call('DEL', packet) end
  change.queuedMessages = change.queuedMessages + added
  return events, true
end
function writes.ENQUEUE(i, n) return (enqueue(i, n)) end

-- client, name, packet identifier
function writes.SENT(i)
  local client, name, messageId = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local sent = key('sent', client)
  if call('HEXISTS', key('queue-ids', client), name) == 0 then return end
  local found = call('HMGET', sent, 'k'..name, 'm'..messageId)
  local state, list = found[1] or '', found[2]
  local known = string.match(state, '^%d*')
  if messageId == known then return end
  if known ~= '' then unassign(client, name) end
  local mark = isReceived(state) and 'r' or ''
  call('HSET', sent, 'k'..name, messageId..mark, 'm'..messageId, list and name..' '..list or name)
end

-- client, packet identifier: its PUBREL takes the place of the message
function writes.RECEIVED(i)
  local client, messageId = ARGV[i], ARGV[i + 1]
  local name = findSent(client, messageId)
  if not name or isReceived(stateOf(client, name)) then return end
  countBytes(client, 0 - entryOf(client, name)[2][8])
  call('HSET', key('sent', client), 'k'..name, messageId..'r')
end

-- client, packet identifier; gives the name
function writes.SETTLED(i)
  local name = findSent(ARGV[i], ARGV[i + 1])
  local entry = name and entryOf(ARGV[i], name)
  if not entry then return end
  remove(ARGV[i], entry)
  return name
end

-- client: the last entry
function reads.LAST(i)
  local last = call('XREVRANGE', key('queue', ARGV[i]), '+', '-', 'COUNT', 1)[1]
  return last and last[1]
end

-- client, first entry, last entry, most entries, most bytes: entries until one of the limits is reached
function reads.PAGE(i)
  local client, most = ARGV[i], tonumber(ARGV[i + 4])
  local sent, found, at = key('sent', client), {}, ''
  local hasSent = call('EXISTS', sent) == 1
  local entries = call('XRANGE', key('queue', client), ARGV[i + 1], ARGV[i + 2], 'COUNT', ARGV[i + 3])
  for index = 1, #entries do
    local f = entries[index][2]
    at = entries[index][1]
    local body = bodyOf(f)
    found[index] = { f[2], f[4], hasSent and call('HGET', sent, 'k'..f[2]) or '', body, f[6], f[10] }
    most = most - #body
    if most <= 0 then break end
  end
  return { at, found }
end

-- client, name: takes it out when it was never sent
function writes.DISCARD(i)
  local entry = entryOf(ARGV[i], ARGV[i + 1])
  if not entry or stateOf(ARGV[i], ARGV[i + 1]) ~= '' then return 0 end
  remove(ARGV[i], entry)
  return 1
end

-- how many entries of a large queue are taken apart at once; the rest is left to SWEEP
local STEP = 500
local function takeApart(queue)
  local entries = call('XRANGE', queue, '-', '+', 'COUNT', STEP)
  local taken = {}
  for index = 1, #entries do
    unshare(entries[index][2])
    taken[index] = entries[index][1]
  end
  if #entries < STEP then call('DEL', queue) return true end
  call('XDEL', queue, unpack(taken))
  return false
end
local function removeQueue(client)
  local queue, ids, rubbish = key('queue', client), key('queue-ids', client), P..'rubbish'
  change.queuedMessages = change.queuedMessages - call('XLEN', queue)
  change.queuedBytes = change.queuedBytes - (call('HGET', ids, '') or 0)
  call('UNLINK', ids, key('sent', client))
  if call('XLEN', queue) < STEP then takeApart(queue) return 0 end
  local name = P..'rubbish:'..call('INCR', P..'rubbish-count')
  call('RENAME', queue, name)
  call('SADD', rubbish, name)
  return 1
end
-- one step of what is left of ended queues; 1 when there is more
function writes.SWEEP()
  local name = call('SRANDMEMBER', P..'rubbish')
  if not name then return 0 end
  if takeApart(name) then call('SREM', P..'rubbish', name) end
  return call('SCARD', P..'rubbish') > 0 and 1 or 0
end
`;
