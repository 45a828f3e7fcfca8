-- The same as server.pl, for WSAPI: an app in Lua, under uWSGI.

local text = { ["Content-Type"] = "text/plain" }

local function each(parts)
  local index = 0
  return coroutine.wrap(function()
    for _, part in ipairs(parts) do coroutine.yield(part) end
  end)
end

return function(env)
  local path = env.PATH_INFO
  if path == "/moved" then return "302 Found", { Location = "/echo" }, each {} end
  if path == "/missing" then return "404 Not Here", text, each { "nothing\n" } end
  if path == "/cookies" then
    return 200, { ["Content-Type"] = "text/plain", ["Set-Cookie"] = { "a=1", "b=2" } }, each {}
  end
  if path == "/large" then
    local part = ("x"):rep(1000000)
    local type = { ["Content-Type"] = "application/octet-stream" }
    return "200 OK", type, each { part, part, part, part, part }
  end
  local length = tonumber(env.CONTENT_LENGTH) or 0
  local body = length > 0 and env.input:read(length) or ""
  local lines = {}
  for name, value in pairs(env) do
    if type(value) == "string" then lines[#lines + 1] = name .. "=" .. value .. "\n" end
  end
  table.sort(lines)
  lines[#lines + 1] = "read=" .. #body .. "\n"
  if #body <= 100 then lines[#lines + 1] = "body=" .. body .. "\n" end
  return "200 OK", text, each(lines)
end
