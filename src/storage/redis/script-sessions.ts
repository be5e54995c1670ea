/**
 * Subscriptions are laid out as the package lays them out (`clients`, `client:<client>`), so that what an Aedes broker left in Redis is taken over. It writes them in several commands with answers
 * awaited in between, which loses the order of calls; here a call is one step, and tells the other nodes.
 *
 * The package keeps open QoS 2 exchanges under keys that it cannot find again at the end of a session, and wills under
 * the id of their node, where a node that was restarted under another id does not find them. Here they stand in one set
 * for each client (`open:<client>`) and one hash of wills (`wills`).
 */
export const sessionScript = `
local function tell(payload)
  local version = call('INCR', P..'subscription-version')
  call('PUBLISH', P..'subscriptions', version..' '..payload)
  return version
end
local function forgetClient(client, id)
  if call('EXISTS', key('client', client)) == 0 then call('SREM', P..'clients', id) end
end

-- client, its id, what the other nodes are told, bytes of the whole store, then filter and subscription, again and again;
-- gives -1 when there is no room
function writes.SUBSCRIBE(i, n)
  local subscriptions, bytes = key('client', ARGV[i]), 0
  for at = i + 4, i + n - 1, 2 do bytes = bytes + RECORD + #ARGV[at] end
  if not hasRoom(bytes, ARGV[i + 3]) then return -1 end
  call('SADD', P..'clients', ARGV[i + 1])
  for at = i + 4, i + n - 1, 2 do
    count(call('HSET', subscriptions, ARGV[at], ARGV[at + 1]) * (RECORD + #ARGV[at]))
  end
  return tell(ARGV[i + 2])
end
-- client, its id, what the other nodes are told, then filters
function writes.UNSUBSCRIBE(i, n)
  local subscriptions = key('client', ARGV[i])
  for at = i + 3, i + n - 1 do count(0 - call('HDEL', subscriptions, ARGV[at]) * (RECORD + #ARGV[at])) end
  forgetClient(ARGV[i], ARGV[i + 1])
  return tell(ARGV[i + 2])
end
-- clients: the subscriptions of each
function reads.SUBSCRIPTIONS(i, n)
  local found = {}
  for at = i, i + n - 1 do found[#found + 1] = call('HGETALL', key('client', ARGV[at])) end
  return found
end
-- client, its id, what the other nodes are told; gives 1 when a part of its queue is left to SWEEP
function writes.CLEAN(i)
  local client, id = ARGV[i], ARGV[i + 1]
  local open = call('SCARD', key('open', client))
  count(0 - recordBytes('sessions', id) - subscriptionBytes(client) - open * exchangeBytes(client))
  call('HDEL', P..'sessions', id)
  call('SREM', P..'clients', id)
  change.open = change.open - open
  call('DEL', key('client', client), key('open', client))
  return { tell(ARGV[i + 2]), removeQueue(client) }
end

-- hash, field, value, bytes of the whole store; gives 0 when there is no room
local function put(i, mayGrow)
  local before = recordBytes(ARGV[i], ARGV[i + 1])
  local more = RECORD + #ARGV[i + 2] - before
  if not (mayGrow and before > 0) and not hasRoom(more, ARGV[i + 3]) then return 0 end
  call('HSET', P..ARGV[i], ARGV[i + 1], ARGV[i + 2])
  count(more)
  return 1
end
-- a session that is there goes on
function writes.PUT_SESSION(i) return put(i, true) end
function writes.PUT_WILL(i) return put(i, false) end
-- hash, field: what was there
function writes.TAKE(i)
  local value = call('HGET', P..ARGV[i], ARGV[i + 1])
  count(0 - recordBytes(ARGV[i], ARGV[i + 1]))
  call('HDEL', P..ARGV[i], ARGV[i + 1])
  return value
end

-- client, packet identifier
function writes.RELEASE(i)
  local released = call('SREM', key('open', ARGV[i]), ARGV[i + 1])
  change.open = change.open - released
  count(0 - released * exchangeBytes(ARGV[i]))
end
`;
