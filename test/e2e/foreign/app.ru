# The same as server.pl, for Rack: an app in Ruby, under uWSGI.

TEXT = { 'Content-Type' => 'text/plain' }.freeze

run(lambda do |env|
  case env['PATH_INFO']
  when '/moved' then [302, { 'Location' => '/echo' }, []]
  when '/missing' then [404, TEXT, ["nothing\n"]]
  when '/cookies' then [200, TEXT.merge('Set-Cookie' => "a=1\nb=2"), []]
  when '/large'
    [200, { 'Content-Type' => 'application/octet-stream' }, ['x' * 1_000_000] * 5]
  else
    body = env['rack.input'].read.b
    lines = env.reject { |name, _| name.include?('.') }.map { |pair| "#{pair.join('=').b}\n" }
    seen = "read=#{body.bytesize}\n".b
    seen += "body=".b + body + "\n".b unless body.bytesize > 100
    [200, TEXT, [lines.sort.join + seen]]
  end
end)
