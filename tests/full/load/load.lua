-- What wrk posts, each request another event, and a file of the IDs that got a 202.

local token, path, wanted
local sent, accepted = 0, 0
local file

function init(arguments)
    token, path, wanted = arguments[1], arguments[2], tonumber(arguments[3])
    file = io.open(path, "w")
end

function request()
    sent = sent + 1
    local body = string.format('{"event":"affiliate.created","affiliate_id":"ia_%08x","email":"p%d@example.com",' ..
        '"deep_link":"https://myapp.link/ref/abc123","occurred_at":"2026-03-18T12:00:00.000Z"}', sent, sent)
    return wrk.format("POST", "/v1/events", {
        ["Authorization"] = "Bearer " .. token, ["Content-Type"] = "application/json"}, body)
end

function response(status, headers, body)
    if status ~= 202 or accepted == wanted then
        return -- also what still comes in after the last that was wanted
    end
    file:write(string.match(body, "evt_%x+"), "\n")
    accepted = accepted + 1
    if accepted % 100 == 0 then
        file:flush()
    end
    if accepted == wanted then
        file:close()
        wrk.thread:stop()
    end
end
