# Plays the part of another user of a folder: whenever a socket is at PATH.tmp, puts a link to VICTIM
# in its place, for so many seconds, and then the socket again. KIND is symlink or link:
#   swaps.pl PATH VICTIM KIND SECONDS
use strict;
use warnings;

my ($path, $victim, $kind, $seconds) = @ARGV;
$| = 1;
print "Ready\n";
while (1) {
    next unless lstat("$path.tmp") && -S _;
    rename("$path.tmp", "$path.away");
    $kind eq "link" ? link($victim, "$path.tmp") : symlink($victim, "$path.tmp");
    select(undef, undef, undef, $seconds) if $seconds > 0;
    unlink("$path.tmp") unless lstat("$path.tmp") && -S _;
    rename("$path.away", "$path.tmp");
}
