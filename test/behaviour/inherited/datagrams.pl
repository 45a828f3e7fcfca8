# Listens for Unix datagrams at the path that is its argument, as systemd does at NOTIFY_SOCKET, and
# prints each on a line.
use strict;
use warnings;
use Socket;

my ($path) = @ARGV;
$| = 1;
socket(my $socket, PF_UNIX, SOCK_DGRAM, 0) or die "socket: $!";
bind($socket, pack_sockaddr_un($path)) or die "bind: $!";
print "Bound\n";
while (defined recv($socket, my $message, 4096, 0)) {
    $message =~ s/\n/ /g;
    print "$message\n";
}
