"""The same as server.pl, for uWSGI."""


def application(environ, start_response):
    path = environ["PATH_INFO"]
    text = ("Content-Type", "text/plain")
    if path == "/moved":
        start_response("302 Found", [("Location", "/echo")])
        return []
    if path == "/missing":
        start_response("404 Not Here", [text])
        return [b"nothing\n"]
    if path == "/fails":
        raise RuntimeError("on purpose")
    if path == "/cookies":
        start_response("200 OK", [text, ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
        return []
    if path == "/large":
        start_response("200 OK", [("Content-Type", "application/octet-stream")])
        return [b"x" * 1_000_000] * 5
    body = environ["wsgi.input"].read()
    start_response("200 OK", [text])
    lines = [f"{name}={value}\n" for name, value in environ.items() if isinstance(value, str)]
    seen = f"read={len(body)}\n" + ("" if len(body) > 100 else f"body={body.decode()}\n")
    return ["".join(sorted(lines)).encode("latin-1"), seen.encode()]
