/**
 * What sessions, subscriptions, wills and open QoS 2 exchanges count for in `store.maxBytes`, beside the messages: the
 * same as `limits.ts` says, but that of a session and of a will what is stored counts. Redis tells the length of a value
 * at once, so that nothing has to be kept beside the sum.
 */
export const recordScript = `
local RECORD, EXCHANGE = 256, 64
local function hasRoom(bytes, most) return bytes <= 0 or allBytes() + bytes <= tonumber(most) end
local function count(bytes) change.recordBytes = change.recordBytes + bytes end
-- of a session or a will
local function recordBytes(hash, field)
  local length = call('HSTRLEN', P..hash, field)
  return length == 0 and 0 or RECORD + length
end
local function subscriptionBytes(client)
  local bytes, filters = 0, call('HKEYS', key('client', client))
  for index = 1, #filters do bytes = bytes + RECORD + #filters[index] end
  return bytes
end
local function exchangeBytes(client) return EXCHANGE + #client end
local function scan(command, name, each)
  local cursor = '0'
  repeat
    local page = call(command, name, cursor, 'COUNT', 1000)
    cursor = page[1]
    each(page[2])
  until cursor == '0'
end
-- as encodeURIComponent does it
local function encoded(text)
  return (string.gsub(text, "[^%w%-_.!~*'()]", function(byte) return string.format('%%%02X', string.byte(byte)) end))
end
-- once, what an earlier version or another broker left, which counted none of it; of the few exchanges that are open only
-- their number is known
function writes.COUNT()
  if call('HEXISTS', STATS, 'recordBytes') == 1 then return end
  local bytes, seen = (call('HGET', STATS, 'open') or 0) * EXCHANGE, {}
  for _, hash in ipairs({ 'sessions', 'wills' }) do
    scan('HSCAN', P..hash, function(page)
      for index = 1, #page, 2 do
        local name = hash..page[index]
        if not seen[name] then bytes = bytes + RECORD + #page[index + 1] end
        seen[name] = true
      end
    end)
  end
  scan('SSCAN', P..'clients', function(page)
    for index = 1, #page do
      if not seen['/'..page[index]] then bytes = bytes + subscriptionBytes(encoded(page[index])) end
      seen['/'..page[index]] = true
    end
  end)
  call('HSET', STATS, 'recordBytes', bytes)
end
`;
