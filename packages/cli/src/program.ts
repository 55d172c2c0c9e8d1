import { createRequire } from 'node:module'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { GlobalFlags, Session } from './session.js'
import type { InitFlags } from './commands/init.js'
import type { LogFlags } from './commands/log.js'
import type { PeerFlags } from './commands/peer.js'
import type { PreviewFlags } from './commands/preview.js'
import type { RollbackFlags } from './commands/rollback.js'
import type { VerifyFlags } from './commands/verify.js'
import type { RunFlags } from './commands/run.js'
import type { WatchFlags } from './commands/watch.js'
import type { ReviewFlags } from './commands/review.js'
import type { PublishFlags } from './open-publisher.js'

/** Opens a session, does a command's deed in it, and remembers the exit code that it returns. */
export type Perform = (flags: GlobalFlags, deed: (session: Session) => Promise<number>) => Promise<void>

const EXAMPLES = `
Examples:
  $ sitedrive publish _site             publish a folder; the first time makes its key
  $ sitedrive run -- npm run build      build, and publish what the build wrote
  $ sitedrive watch dist                show what a build writes, live, here and to whoever has the link
  $ sitedrive preview '<link>'          see, live, what somebody else is working on
  $ sitedrive preview - < link.txt      the same, where others must not see the link
  $ sitedrive review dist               what a publish would change, and what is wrong with it
  $ sitedrive log                       the releases so far
  $ sitedrive key backup                the key as 24 words
  $ sitedrive peer --trust <key>        keep the sites of a publisher online

Environment: SITEDRIVE_HOME, SITEDRIVE_SECRET, SITEDRIVE_PUBLISH, SITEDRIVE_ALLOW, SITEDRIVE_CHECKS,
SITEDRIVE_BOOTSTRAP, SITEDRIVE_DEBUG, NO_COLOR, CI; the README says what each does.`

/**
 * The commands and their options. What a command does is loaded when it runs, so that `--help` is at once there.
 *
 * @param perform called once, by the command that was given
 */
export function buildProgram(perform: Perform): Command {
  const program = new Command('sitedrive')
    .description(
      'Publish any folder as a site without a host: each publish is one release of a Hyperdrive that you own.'
    )
    .version(ownVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .option(
      '--project <dir>',
      'the folder of sitedrive.json; works as if started there (default: this folder)'
    )
    .option('--json', 'one JSON object on stdout, everything else on stderr')
    .option(
      '--bootstrap <host:port>',
      'the DHT node to start from (default: SITEDRIVE_BOOTSTRAP, else the public ones)'
    )
    .option('--no-color', 'no colors (also: NO_COLOR=1)')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    // Failures are told in one place, as text or JSON; only help is written from here.
    .configureOutput({ outputError: () => {} })

  const does = (deed: (session: Session) => Promise<number>) => perform(program.opts<GlobalFlags>(), deed)
  addPublishing(program, does)
  addLivePreview(program, does)
  addHistory(program, does)
  addKeys(program, does)
  addPeer(program, does)
  return program
}

type Does = (deed: (session: Session) => Promise<number>) => Promise<void>

function addPublishing(program: Command, does: Does): void {
  program
    .command('init')
    .description('set up this folder: make its key, or edit name, seeds and mirror in sitedrive.json')
    .option('--name <name>', 'what people call the site')
    .option(
      '--seed <key...>',
      'public key of a peer that keeps the site online; added to those that are there'
    )
    .option('--mirror <url>', 'web address at which a mirror shows the site')
    .option('--new', 'replace the key that the folder carries by a new one')
    .option('--yes', 'do not ask')
    .action((flags: InitFlags) =>
      does(async (session) => (await import('./commands/init.js')).init(session, flags))
    )

  publishOptions(program.command('publish'))
    .description('make a folder the next release of the site')
    .argument('[dir]', 'the folder that the build wrote')
    .option('--sync', 'hand the newest release to the seeds instead, when an earlier publish could not')
    .action((dir: string | undefined, flags: PublishFlags) =>
      does(async (session) => (await import('./commands/publish.js')).publish(session, dir, flags))
    )

  publishOptions(program.command('run'))
    .description('run a build; publish its folder if it ends well')
    .usage('[options] -- <command...>')
    .argument('<command...>', 'the build and its arguments')
    .option(
      '--dir <dir>',
      'the folder that the build writes (default: the one of _site, dist, public, build, out, site that changed)'
    )
    .action((command: string[], flags: RunFlags) =>
      does(async (session) => (await import('./commands/run.js')).run(session, command, flags))
    )

  program
    .command('review')
    .description('show what a publish would change, and what readers would stumble over')
    .argument(
      '[dir]',
      'the folder that the build wrote (default: the one of _site, dist, public, build, out, site that is there)'
    )
    .addOption(
      checksOption(
        'show what readers would stumble over (`warn`), fail because of it (`fail`), or do not look (`off`)'
      )
    )
    .option(
      '--against <dir>',
      'compare with another folder, such as the build of another branch, and not with the last release'
    )
    .addHelpText('after', REVIEW_HELP)
    .action((dir: string | undefined, flags: ReviewFlags) =>
      does(async (session) => (await import('./commands/review.js')).review(session, dir, flags))
    )
}

const REVIEW_HELP = `
Exit code 3 when there is something to publish, 0 when there is not; with --checks fail it is 1 when readers would meet
something broken.`

const WATCH_HELP = `
The folder may be missing: it is waited for, and so it is when it is deleted and made again.
The preview belongs to the project folder, and one process at a time writes it. Where another has it open already, such
as the dev server of a generator with sitedrive in it, this command says so, prints where that one shows it, and ends.

Examples:
  $ sitedrive watch dist                beside any tool that writes dist on each change
  $ sitedrive watch public --settle 500 for a tool that pauses while it writes
  $ sitedrive watch dist --new-link     nobody who has an older link sees anything from now on`

const PREVIEW_HELP = `
Only this machine can open it, unless --host is given. What was fetched stays here: without the author it goes on showing
the last state, and catches up when the author is back.

Whoever can list the processes of this machine sees the words of a command. Where that is not you alone, give - instead of the
link: it is then read from standard input, or asked for at the terminal.

Examples:
  $ sitedrive preview 'hyper://…/#…' --open
  $ ssh author cat link.txt | sitedrive preview -
  $ sitedrive preview 'hyper://…/#…' --host    on a phone as well: its camera reads the code on the screen`

function addLivePreview(program: Command, does: Does): void {
  program
    .command('watch')
    .description('show a folder as a live preview: each change is seen at once, here and through the link')
    .argument('<dir>', 'the folder that the build writes')
    .option(
      '--port <port>',
      'where it is on this machine (default: the same for a project whenever it is free)',
      portOf
    )
    .option(
      '--settle <ms>',
      'for how long nothing may be written before the build counts as done (default: 200)',
      settleOf
    )
    .option(
      '--poll',
      'look at all files twice a second, where the system does not tell of changes (network drives)'
    )
    .option('--new-link', 'make another link, which ends the ones before')
    .option('--open', 'show it in the browser')
    .addHelpText('after', WATCH_HELP)
    .action((dir: string, flags: WatchFlags) =>
      does(async (session) => (await import('./commands/watch.js')).watch(session, dir, flags))
    )

  program
    .command('preview')
    .description('follow the live preview of somebody else, and show it on this machine')
    .argument('<link>', 'the preview link, all of it, in quotes; - reads it from standard input')
    .option('--port <port>', 'where it is on this machine (default: 4400, or the next that is free)', portOf)
    .option('--host', 'open it to the local network, for whoever has the token in the address')
    .option('--open', 'show it in the browser')
    .addHelpText('after', PREVIEW_HELP)
    .action((link: string, flags: PreviewFlags) =>
      does(async (session) => (await import('./commands/preview.js')).preview(session, link, flags))
    )
}

function addHistory(program: Command, does: Does): void {
  program
    .command('log')
    .description('list the releases, newest first')
    .option('-n, --limit <count>', 'at most so many (default: 20; with --json all)', countOf)
    .action((flags: LogFlags) =>
      does(async (session) => (await import('./commands/log.js')).log(session, flags))
    )

  program
    .command('rollback')
    .description('publish the files of an old release again, as a new release; uploads nothing')
    .argument('<release>', 'its number in `sitedrive log`', countOf)
    .option('--yes', 'do not ask')
    .action((release: number, flags: RollbackFlags) =>
      does(async (session) => (await import('./commands/rollback.js')).rollback(session, release, flags))
    )

  program
    .command('verify')
    .description('compare the files of a release with the hashes that were signed with it')
    .option('--release <release>', 'its number in `sitedrive log` (default: the newest)', countOf)
    .addHelpText('after', VERIFY_HELP)
    .action((flags: VerifyFlags) =>
      does(async (session) => (await import('./commands/verify.js')).verify(session, flags))
    )
}

const VERIFY_HELP = `
Reads what is on this machine, and asks nobody. Files that are not here, as on a build server, are named and count neither way.
Exit code 1 when a file is not what was signed, or when none could be compared.`

function addKeys(program: Command, does: Does): void {
  const key = program.command('key').description('show, back up, restore or list the keys of your sites')
  const load = () => import('./commands/key.js')
  key
    .command('show')
    .description("show the site's key and the publisher's")
    .option('--secret', 'also the secret, for SITEDRIVE_SECRET in CI; the key then counts as known elsewhere')
    .action((flags: { secret?: boolean }) => does(async (session) => (await load()).keyShow(session, flags)))
  key
    .command('backup')
    .description('show the secret as 24 words to write down; the key then counts as known elsewhere')
    .action(() => does(async (session) => (await load()).keyBackup(session)))
  key
    .command('restore')
    .description('take in a key from its 24 words or 64 hex digits, typed or piped in')
    .action(() => does(async (session) => (await load()).keyRestore(session)))
  key
    .command('list')
    .description('list the keys whose secret this machine holds, and their folders')
    .action(() => does(async (session) => (await load()).keyList(session)))
}

function addPeer(program: Command, does: Does): void {
  program
    .command('peer')
    .description('keep the sites of publishers online, and show them on the web; runs until it is stopped')
    .option(
      '--trust <publisher...>',
      'a publisher key that may pin, if need be with a quota, <key>:5GB; `sitedrive key show` prints the key'
    )
    .option('--distrust <key...>', 'a publisher who may no longer')
    .option('--quota <bytes>', 'for all pins together, such as 50GB; none: no limit')
    .option('--allow-strangers [quota]', 'let anybody pin: kept blindly, never shown and never announced')
    .option('--block <key...>', 'a site that is neither shown (451) nor fetched any more')
    .option('--unblock <key...>', 'a site that is again')
    .option('--dir <dir>', 'where all is kept (default: peer, in the data directory)')
    .option('--port <port>', 'where the web pages are (default: any free port)', portOf)
    .option(
      '--host <address>',
      'the address to listen at; 0.0.0.0 opens it to other machines (default: 127.0.0.1)'
    )
    .option('--domain <domain>', 'sites are at <key>.<domain> (default: localhost)')
    .option(
      '--status-host <host...>',
      "host name of the peer's own pages, besides localhost and bare addresses"
    )
    .option('--name <name=key...>', 'show a site at <name>.<domain> as well')
    .option('--site <host=key...>', 'show a site at a host name of its own as well')
    .option('--cert <file>', 'certificate for HTTPS, PEM; read again when it changes')
    .option('--key <file>', 'its private key, PEM')
    .option('--cache <bytes>', 'memory for pages (default: 64MB)')
    .option('--spa', 'show /index.html for paths that a site does not have')
    .option('--local', 'run a private network on this machine, which the other commands find by themselves')
    .action((flags: PeerFlags) =>
      does(async (session) => (await import('./commands/peer.js')).peer(session, flags))
    )
}

function portOf(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) < 65_536) return Number(text)
  throw new InvalidArgumentError('It is a number from 0 to 65535.')
}

function settleOf(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 60_000) return Number(text)
  throw new InvalidArgumentError('It is a number of milliseconds, at most 60000.')
}

function publishOptions(command: Command): Command {
  return command
    .option(
      '--allow <words>',
      'let a publish empty the site (`empty`), remove more than half of it (`shrink`), take a project folder (`project`), or begin a site without pages (`no-pages`)',
      joined
    )
    .addOption(
      checksOption(
        'tell of what readers would stumble over (`warn`), refuse to publish it (`fail`), or do not look (`off`)'
      )
    )
    .option('--accept-loss', 'go on although releases that were signed before are not on this machine')
    .option('--generator <name@version>', 'the program that wrote the files, shown in the log', generatorOf)
}

function checksOption(description: string): Option {
  return new Option('--checks <mode>', `${description} (default: SITEDRIVE_CHECKS, else warn)`).choices([
    'warn',
    'fail',
    'off'
  ])
}

function joined(words: string, before?: string): string {
  return before === undefined ? words : `${before},${words}`
}

function countOf(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It is a number: 1, 2, 3 and so on.')
}

// The last @ parts them: names such as @11ty/eleventy have one of their own.
function generatorOf(text: string): { name: string; version: string } {
  const at = text.lastIndexOf('@')
  if (at > 0 && at < text.length - 1) return { name: text.slice(0, at), version: text.slice(at + 1) }
  throw new InvalidArgumentError('Expected name@version, such as hugo@0.140.0.')
}

function ownVersion(): string {
  const { version } = createRequire(import.meta.url)('../package.json') as { version: string }
  return version
}
