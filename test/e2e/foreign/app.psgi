# The same as server.pl, for PSGI: an app in Perl, under uWSGI.

use strict;
use warnings;

my @text = ('Content-Type' => 'text/plain');

sub {
  my $env = shift;
  my $path = $env->{PATH_INFO};
  return [302, [Location => '/echo'], []] if $path eq '/moved';
  return [404, [@text], ["nothing\n"]] if $path eq '/missing';
  return [200, [@text, 'Set-Cookie' => 'a=1', 'Set-Cookie' => 'b=2'], []] if $path eq '/cookies';
  if ($path eq '/large') {
    return [200, ['Content-Type' => 'application/octet-stream'], [('x' x 1_000_000) x 5]];
  }
  my ($body, $part) = ('');
  $body .= $part while $env->{'psgi.input'}->read($part, 65536);
  my $read = length $body;
  my @lines = map { "$_=$env->{$_}\n" } grep { !/[.]/ } sort keys %$env;
  return [200, [@text], [@lines, "read=$read\n", $read > 100 ? '' : "body=$body\n"]];
}
