"""Hello in Python, for uWSGI."""


def application(environ, start_response):
    body = b"Hello World\n"
    headers = [("Content-Type", "text/plain;charset=UTF-8"), ("Content-Length", str(len(body)))]
    start_response("200 OK", headers)
    return [body]
