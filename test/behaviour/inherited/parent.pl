# A parent process that opens sockets, and passes them to a program from file descriptor 3 on:
#   parent.pl SOCKET,SOCKET… PROGRAM [ARG]…
# SOCKET is tcp:PORT or unix:PATH, which listen, or what a program cannot serve. LISTEN_PID=own in
# the environment becomes the id of the program. HUP ends the program and keeps the sockets, USR1
# starts it again, TERM ends both.
use strict;
use warnings;
use Fcntl;
use POSIX ();
use Socket;

my ($sockets, @program) = @ARGV;
$| = 1;

sub tcp {
    socket(my $socket, PF_INET, SOCK_STREAM, 0) or die "socket: $!";
    setsockopt($socket, SOL_SOCKET, SO_REUSEADDR, 1);
    bind($socket, pack_sockaddr_in($_[0], INADDR_LOOPBACK)) or die "bind: $!";
    return $socket;
}

# One that listens, and is no stream: its name is taken by the system.
sub packets {
    socket(my $socket, PF_UNIX, SOCK_SEQPACKET, 0) or die "socket: $!";
    bind($socket, pack("S", AF_UNIX)) or die "bind: $!";
    return listening($socket);
}

sub connected {
    socket(my $socket, PF_INET, SOCK_STREAM, 0) or die "socket: $!";
    connect($socket, getsockname($_[0])) or die "connect: $!";
    return $socket;
}

# One that other machines can reach.
sub wide {
    socket(my $socket, PF_INET, SOCK_STREAM, 0) or die "socket: $!";
    bind($socket, pack_sockaddr_in(0, INADDR_ANY)) or die "bind: $!";
    return $socket;
}

sub unix {
    socket(my $socket, PF_UNIX, SOCK_STREAM, 0) or die "socket: $!";
    bind($socket, pack_sockaddr_un($_[0])) or die "bind: $!";
    return $socket;
}

sub listening {
    my ($socket) = @_;
    listen($socket, 100) or die "listen: $!";
    return $socket;
}

my %make = (
    tcp  => sub { listening(tcp($_[0])) },
    unix => sub { listening(unix($_[0])) },
    closed    => sub { undef },
    file      => sub { open(my $file, "<", $0) or die $!; $file },
    folder    => sub { open(my $folder, "<", "/") or die $!; $folder },
    pipe      => sub { pipe(my $from, my $to) or die $!; our @kept = ($to); $from },
    connected => sub { socketpair(my $one, our $other, AF_UNIX, SOCK_STREAM, 0) or die $!; $one },
    datagrams => sub { socket(my $socket, PF_INET, SOCK_DGRAM, 0) or die $!; $socket },
    unbound   => sub { socket(my $socket, PF_INET, SOCK_STREAM, 0) or die $!; $socket },
    bound     => sub { tcp(0) },
    device    => sub { open(my $device, "+<", "/dev/null") or die $!; $device },
    packets   => sub { packets() },
    accepted  => sub { my $from = listening(tcp(0)); our $to = connected($from); accept(my $one, $from); $one },
    wide      => sub { listening(wide()) },
);

my @handles = map { my ($kind, $at) = split /:/, $_, 2; $make{$kind}->($at) } split /,/, $sockets;
my $signals = POSIX::SigSet->new(POSIX::SIGHUP, POSIX::SIGUSR1, POSIX::SIGTERM);
my $pid;

sub start {
    # A signal between fork and exec is for the program, which has no use for our handlers.
    POSIX::sigprocmask(POSIX::SIG_BLOCK, $signals);
    $pid = fork() // die "fork: $!";
    $SIG{$_} = "DEFAULT" for $pid ? () : ("HUP", "USR1", "TERM");
    POSIX::sigprocmask(POSIX::SIG_UNBLOCK, $signals);
    return if $pid;
    $ENV{LISTEN_PID} = $$ if ($ENV{LISTEN_PID} // "") eq "own";
    # Out of the way first: a handle may have the number that another one is to have.
    my @copies = map { $_ && fcntl($_, F_DUPFD, 100) } @handles;
    POSIX::close($_) for 3 .. 50;
    for my $index (0 .. $#copies) {
        POSIX::dup2($copies[$index], 3 + $index) if $copies[$index];
        POSIX::close($copies[$index]) if $copies[$index];
    }
    exec { $program[0] } @program or POSIX::_exit(127);
}

sub stop {
    return unless $pid;
    kill "TERM", $pid;
    waitpid($pid, 0);
    $pid = undef;
    print "Ended with ", $? & 127 ? "signal " . ($? & 127) : $? >> 8, "\n";
}

my $next = "start";
$SIG{HUP}  = sub { $next = "stop" };
$SIG{USR1} = sub { $next = "start" };
$SIG{TERM} = sub { $next = "end" };

while (1) {
    my $now = $next;
    $next = "";
    start() if $now eq "start";
    stop() if $now eq "stop" || $now eq "end";
    exit 0 if $now eq "end";
    if ($pid && waitpid($pid, POSIX::WNOHANG) == $pid) {
        $pid = undef;
        print "Ended with ", $? & 127 ? "signal " . ($? & 127) : $? >> 8, "\n";
    }
    select(undef, undef, undef, 0.02) if $next eq "";
}
