-- wrk script: posts one page as multipart form data and prints one line `result {JSON}` at the end. PAGE names the file.
-- Answers are counted by status, so that a fast refusal is never taken for a page.
local path = os.getenv("PAGE") or error("set PAGE to the image to post")
local file = assert(io.open(path, "rb"))
local content = file:read("*a")
file:close()

local boundary = "----layoutbench"
wrk.method = "POST"
wrk.headers["Content-Type"] = "multipart/form-data; boundary=" .. boundary
wrk.body = "--" .. boundary .. "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"page\"\r\n"
  .. "Content-Type: application/octet-stream\r\n\r\n" .. content .. "\r\n--" .. boundary .. "--\r\n"

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  ok, rejected, failed = 0, 0, 0
end

function response(status, headers, body)
  if status == 200 then
    ok = ok + 1
  elseif status == 429 or status == 503 then
    rejected = rejected + 1
  else
    failed = failed + 1
  end
end

function done(summary, latency, requests)
  local ok, rejected, failed = 0, 0, 0
  for _, thread in ipairs(threads) do
    ok = ok + thread:get("ok")
    rejected = rejected + thread:get("rejected")
    failed = failed + thread:get("failed")
  end
  local errors = summary.errors
  io.write(string.format(
    'result {"pages": %d, "seconds": %.6f, "rejected": %d, "failed": %d, "socket_errors": %d, "p50_ms": %.3f, "p99_ms": %.3f}\n',
    ok, summary.duration / 1e6, rejected, failed, errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
