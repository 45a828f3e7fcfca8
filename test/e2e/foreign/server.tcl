# The same as server.pl, in Tcl, from the SCGI specification alone: tclsh server.tcl PORT

proc serve {socket host port} {
  fconfigure $socket -translation binary
  set digits ""
  while {[set char [read $socket 1]] ne ":"} {
    if {$char eq ""} { return [close $socket] }
    append digits $char
  }
  array set env [lrange [split [read $socket $digits] \0] 0 end-1]
  read $socket 1
  set body [read $socket $env(CONTENT_LENGTH)]
  switch $env(PATH_INFO) {
    /moved { set reply "Location: /echo\n\n" }
    /missing { set reply "Status: 404 Not Here\nContent-Type: text/plain\n\nnothing\n" }
    /cookies { set reply "Content-Type: text/plain\nSet-Cookie: a=1\nSet-Cookie: b=2\n\n" }
    /large { set reply "Content-Type: application/octet-stream\n\n[string repeat x 5000000]" }
    default {
      set reply "Content-Type: text/plain\n\n"
      foreach name [lsort [array names env]] { append reply "$name=$env($name)\n" }
      append reply "read=[string length $body]\n"
      if {[string length $body] <= 100} { append reply "body=$body\n" }
    }
  }
  puts -nonewline $socket $reply
  close $socket
}

socket -server serve -myaddr 127.0.0.1 [lindex $argv 0]
vwait forever
