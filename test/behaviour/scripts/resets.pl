# Connects to a port of 127.0.0.1 so many times, sends what comes on stdin, and resets at once:
#   resets.pl PORT COUNT
use strict;
use warnings;
use Socket;

my ($port, $count) = @ARGV;
my $bytes = do { local $/; <STDIN> };
$SIG{PIPE} = "IGNORE";
for (1 .. $count) {
    socket(my $socket, PF_INET, SOCK_STREAM, 0) or die "socket: $!";
    setsockopt($socket, SOL_SOCKET, SO_LINGER, pack("ii", 1, 0)) or die "setsockopt: $!";
    connect($socket, pack_sockaddr_in($port, INADDR_LOOPBACK)) or die "connect: $!";
    # The server may have closed it by now.
    send($socket, $bytes, 0);
    close($socket);
}
