# Plays the part of another user of a folder: whenever a socket is at PATH.tmp, puts a link to VICTIM
# in its place, for so many seconds, and then the socket again:
#   swaps.pl PATH VICTIM SECONDS
use strict;
use warnings;

my ($path, $victim, $seconds) = @ARGV;
$| = 1;
print "Ready\n";
while (1) {
    next unless lstat("$path.tmp") && -S _;
    rename("$path.tmp", "$path.away");
    symlink($victim, "$path.tmp");
    select(undef, undef, undef, $seconds) if $seconds > 0;
    unlink("$path.tmp") if -l "$path.tmp";
    rename("$path.away", "$path.tmp");
}
