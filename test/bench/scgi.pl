# Hello in Perl, with the module SCGI.
use strict;
use warnings;
use IO::Socket::UNIX;
use SCGI;

my $socket = IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 512) or die "listen: $!";
my $scgi = SCGI->new($socket, blocking => 1);
$SIG{PIPE} = 'IGNORE';

while (my $request = $scgi->accept) {
  # It dies of a connection that sends nothing.
  eval {
    $request->read_env;
    my $connection = $request->connection;
    print $connection "Status: 200 OK\r\nContent-Type: text/plain;charset=UTF-8\r\n" .
      "Content-Length: 12\r\n\r\nHello World\n";
  };
  $request->close;
}
