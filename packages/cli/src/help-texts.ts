// The texts that `--help` prints below the options.

export const EXAMPLES = `
Examples:
  $ sitedrive                           in a project: how its site stands; the same as sitedrive status
  $ sitedrive publish _site             publish a folder; the first time makes its key
  $ sitedrive run -- npm run build      build, and publish what the build wrote
  $ sitedrive watch dist                show what a build writes, live, here and to whoever has the link
  $ sitedrive preview '<link>'          see, live, what somebody else is working on
  $ sitedrive preview - < link.txt      the same, where others must not see the link
  $ sitedrive review dist               what a publish would change, and what is wrong with it
  $ sitedrive open hyper://<key>/       read a site of anybody; sitedrive keep hands it on to others
  $ sitedrive library                   the sites you read, follow, keep and own, and what is new
  $ sitedrive log                       the releases so far
  $ sitedrive rollback 3                publish the files of release 3 again
  $ sitedrive doctor                    what is broken, and how to mend it
  $ sitedrive key backup                the key as 24 words
  $ sitedrive peer --trust <key>        keep the sites of a publisher online

Environment: SITEDRIVE_HOME, SITEDRIVE_SECRET, SITEDRIVE_PUBLISH, SITEDRIVE_ALLOW, SITEDRIVE_CHECKS,
SITEDRIVE_BOOTSTRAP, SITEDRIVE_LAN, SITEDRIVE_DEBUG, NO_COLOR, CI; the README says what each does.`

export const REVIEW_HELP = `
Exit code 3 when there is something to publish, 0 when there is not; with --checks fail it is 1 when readers would meet
something broken.`

export const WATCH_HELP = `
The folder may be missing: it is waited for, and so it is when it is deleted and made again.
The preview belongs to the project folder, and one process at a time writes it. Where another has it open already, such
as the dev server of a generator with sitedrive in it, this command says so, prints where that one shows it, and goes on
in its place when that one has been gone for 5 seconds.

Examples:
  $ sitedrive watch dist                beside any tool that writes dist on each change
  $ sitedrive watch public --settle 500 for a tool that pauses while it writes
  $ sitedrive watch dist --host         on a phone as well: its camera reads the code on the screen
  $ sitedrive watch dist --new-link     nobody who has an older link sees anything from now on`

export const PREVIEW_HELP = `
Only this machine can open it, unless --host is given. What was fetched stays here: without the author it goes on showing
the last state, and catches up when the author is back.

Whoever can list the processes of this machine sees the words of a command. Where that is not you alone, give - instead of the
link: it is then read from standard input, or asked for at the terminal.

Examples:
  $ sitedrive preview 'hyper://…/#…' --open
  $ ssh author cat link.txt | sitedrive preview -
  $ sitedrive preview 'hyper://…/#…' --host    on a phone as well: its camera reads the code on the screen`

export const OPEN_HELP = `
The first page is shown as soon as it is here; the rest follows. New releases are shown when they are here as a whole.
What was fetched stays on this machine, and is shown without a network, too. Nothing is shown that the site's key did not sign.

Examples:
  $ sitedrive open hyper://<key>/
  $ sitedrive open hyper://example.org/about      a domain with a DNSLink record
  $ sitedrive open https://<key>.example.org/     the address of a mirror: the site is read without it`

export const KEEP_HELP = `
Others find the site at this machine, so that it stays online without its author. Everybody who asks for it can learn that this
machine has it.`

export const LIBRARY_HELP = `
Its page opens, follows, keeps and forgets sites, and makes new websites in the folder where this command was started, or in
another one that you name. Only this machine can open it, with the address that is printed. One process runs the library: where
another one does already, its address is printed.

Examples:
  $ sitedrive library
  $ sitedrive library --list
  $ sitedrive library --json --no-browser | jq -r .url`

export const FORGET_HELP = `
Asks first, at a terminal. Sites of your own are not touched.`

export const CLONE_HELP = `
A copy that was broken off says so (.sitedrive-partial.json); the same command goes on from there. Files whose names would lead
out of the folder, or whose bytes are not what was signed, are left out and named; the exit code is then 1.`

export const VERIFY_HELP = `
Reads what is on this machine, and asks nobody. Files that are not here, as on a build server, are named and count neither way.
Exit code 1 when a file is not what was signed, or when none could be compared.`

export const STATUS_HELP = `
Each seed is asked now, for at most 10 seconds, and all of them at once. One that says that it holds the release is asked for two
random blocks, which are compared. Without a network everything else is shown. Exit code 0 whatever is found; \`sitedrive doctor\`
looks for what is broken.

Examples:
  $ sitedrive status
  $ sitedrive status --all              every site of this machine, by name
  $ sitedrive status --json | jq '.seeds[] | select(.state != "holds")'`

export const DOCTOR_HELP = `
Looks at Node.js, the data directory and its secrets, sitedrive.json, the key and its backup, the store, the clock, the network, each
seed, each web address and its certificate, and, by its text alone, the config of the generator. Steps that need the network run at
the same time, for at most 10 seconds. Mends nothing. Exit code 1 when something is broken, 0 with warnings alone.`
