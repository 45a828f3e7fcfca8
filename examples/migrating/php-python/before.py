"""A WSGI app with three pages, which uWSGI serves over SCGI."""

from urllib.parse import parse_qs


def application(environ, start_response):
    path = environ["PATH_INFO"]
    status = "200 OK"
    if path == "/":
        text = f"Hello, {environ['REMOTE_ADDR']}\n"
    elif path == "/greet":
        name = parse_qs(environ["QUERY_STRING"]).get("name", ["world"])[0]
        text = f"Hello, {name} with {environ.get('HTTP_USER_AGENT', 'nothing')}\n"
    elif path == "/length":
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"] or 0))
        text = f"{environ['REQUEST_METHOD']} of {len(body)} bytes\n"
    else:
        status = "404 Not Found"
        text = "Not found\n"
    start_response(status, [("Content-Type", "text/plain; charset=utf-8")])
    return [text.encode()]
