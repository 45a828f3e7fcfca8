# Perl's SCGI module, as its manual shows it: perl server.pl PATH

use strict;
use warnings;
use IO::Socket::UNIX;
use SCGI;

my $socket = IO::Socket::UNIX->new(Listen => 5, Local => $ARGV[0]) or die "cannot listen: $!";
my $scgi = SCGI->new($socket, blocking => 1);
$SIG{TERM} = sub { exit };

while (my $request = $scgi->accept) {
  $request->read_env;
  my $env = $request->env;
  my $out = $request->connection;
  my $path = $env->{PATH_INFO};
  if ($path eq '/moved') {
    print $out "Location: /echo\n\n";
  } elsif ($path eq '/missing') {
    print $out "Status: 404 Not Here\nContent-Type: text/plain\n\nnothing\n";
  } elsif ($path eq '/cookies') {
    print $out "Content-Type: text/plain\nSet-Cookie: a=1\nSet-Cookie: b=2\n\n";
  } elsif ($path eq '/large') {
    print $out "Content-Type: application/octet-stream\n\n", 'x' x 5_000_000;
  } else {
    my $read = read $out, my $body, $env->{CONTENT_LENGTH};
    print $out "Content-Type: text/plain\n\n";
    print $out "$_=$env->{$_}\n" for sort keys %$env;
    print $out "read=$read\n", $read > 100 ? '' : "body=$body\n";
  }
  $request->close;
}
