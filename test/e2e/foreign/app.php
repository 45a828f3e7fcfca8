<?php
// The same as server.pl, for PHP under uWSGI.

// Its PATH_INFO is empty under --php-app.
$path = $_SERVER['DOCUMENT_URI'];
ini_set('default_charset', '');
header('Content-Type: text/plain');
if ($path === '/moved') {
    header('Location: /echo');
} elseif ($path === '/missing') {
    http_response_code(404);
    echo "nothing\n";
} elseif ($path === '/cookies') {
    header('Set-Cookie: a=1');
    header('Set-Cookie: b=2', false);
} elseif ($path === '/large') {
    header('Content-Type: application/octet-stream');
    for ($i = 0; $i < 5; $i++) {
        echo str_repeat('x', 1_000_000);
    }
} else {
    $body = file_get_contents('php://input');
    ksort($_SERVER);
    foreach ($_SERVER as $name => $value) {
        if (is_string($value)) {
            echo "$name=$value\n";
        }
    }
    echo 'read=', strlen($body), "\n", strlen($body) > 100 ? '' : "body=$body\n";
}
