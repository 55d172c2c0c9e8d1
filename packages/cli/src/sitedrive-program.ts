import { existsSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { PROJECT_FILE, SitedriveError } from '@sitedrive/core/start'
import {
  bootstrapOption,
  joinValues,
  jsonOption,
  plainStyle,
  parsePort,
  projectOption,
  type GlobalFlags,
  type Perform,
  type Program,
  type Session,
  type UsageError
} from '@sitedrive/terminal'
import { Option, type Command } from 'commander'
import {
  CLONE_HELP,
  DOCTOR_HELP,
  EXAMPLES,
  FORGET_HELP,
  KEEP_HELP,
  LIBRARY_HELP,
  OPEN_HELP,
  PREVIEW_HELP,
  REVIEW_HELP,
  STATUS_HELP,
  VERIFY_HELP,
  WATCH_HELP
} from './help-texts.js'
import type { CloneFlags } from './commands/clone.js'
import type { ForkFlags } from './commands/fork.js'
import type { ExportFlags } from './commands/export.js'
import type { ForgetFlags } from './commands/forget.js'
import type { GetFlags } from './commands/get.js'
import type { InitFlags } from './commands/init.js'
import type { LibraryFlags } from './commands/library.js'
import type { LogFlags } from './commands/log.js'
import type { OpenFlags } from './commands/open.js'
import type { PeerFlags } from './commands/peer.js'
import type { PreviewFlags } from './commands/preview.js'
import type { ReviewFlags } from './commands/review.js'
import type { RollbackFlags } from './commands/rollback.js'
import type { RunFlags } from './commands/run.js'
import type { StatusFlags } from './commands/status.js'
import type { VerifyFlags } from './commands/verify.js'
import type { WatchFlags } from './commands/watch.js'
import type { PublishFlags } from './open-publisher.js'
import type { ReaderFlags } from './reader-session.js'
import { parseCount, parseGenerator, parseSettleMs } from './option-values.js'

const { version } = createRequire(import.meta.url)('../package.json') as { version: string }

/** The program `sitedrive`. */
export const sitedrive: Program = {
  name: 'sitedrive',
  description:
    'Publish any folder as a site without a host: each publish is one release of a Hyperdrive that you own.',
  version,
  style: plainStyle,
  addCommands,
  checkProjectDir,
  withoutCommand,
  describeUsageError
}

function addCommands(program: Command, perform: Perform): void {
  program
    .addOption(projectOption())
    .addOption(jsonOption())
    .addOption(bootstrapOption())
    .option('--no-color', 'no colors (also: NO_COLOR=1)')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', EXAMPLES)

  const runCommand: RunCommand = (run) => perform(program.opts<GlobalFlags>(), run)
  addStatus(program, runCommand)
  addPublishing(program, runCommand)
  addLivePreview(program, runCommand)
  addReading(program, runCommand)
  addHistory(program, runCommand)
  addSeeds(program, runCommand)
  addKeys(program, runCommand)
  addPeer(program, runCommand)
}

function checkProjectDir(dir: string): void {
  if (statSync(dir, { throwIfNoEntry: false })?.isFile())
    throw new SitedriveError('DIR_INVALID', `The project folder \`${dir}\` is a file.`)
}

/** In a project's folder, the program alone shows how the site stands. */
function withoutCommand(dir: string): string | null {
  return existsSync(path.join(dir, PROJECT_FILE)) ? 'status' : null
}

/** What people type who know other tools. */
const KNOWN_ELSEWHERE: Readonly<Record<string, string>> = {
  build: 'The build is your own: `npx sitedrive run -- <command>` runs it and publishes what it wrote.',
  deploy: '`npx sitedrive publish <dir>` publishes a folder.',
  dev: '`npx sitedrive watch <dir>` shows a folder live; a plugin does with the dev server.',
  login: 'There is no account: the key in this folder is all. `npx sitedrive key show` shows it.',
  push: '`npx sitedrive publish <dir>` publishes a folder.',
  serve:
    '`npx sitedrive watch <dir>` shows a folder live on this machine; `npx sitedrive peer` shows what was published.',
  start:
    '`npx sitedrive watch <dir>` shows a folder live on this machine; `npx sitedrive peer` keeps sites online.',
  undo: '`npx sitedrive rollback <release>` publishes an old release again.'
}

function describeUsageError({ problem, suggestion, command }: UsageError) {
  if (problem === null) return { message: 'No command was given.', isShown: false }
  const word = /^Unknown command '(.*)'/.exec(problem)?.[1] ?? ''
  const known = Object.hasOwn(KNOWN_ELSEWHERE, word) ? KNOWN_ELSEWHERE[word] : undefined
  if (known !== undefined) return { message: `${problem} ${known}` }
  const help = `\`npx ${command} --help\` shows how it is used.`
  return { message: [problem, suggestion, help].filter(Boolean).join(' ') }
}

/** Runs a command with the global options of the command line. */
type RunCommand = (run: (session: Session) => Promise<number>) => Promise<void>

function addStatus(program: Command, runCommand: RunCommand): void {
  program
    .command('status')
    .description(
      'show how the site stands: its newest release, what a build would change, what its seeds hold, the backup of its key'
    )
    .option('--all', 'all sites of this machine, and where they lie; asks no seed')
    .addHelpText('after', STATUS_HELP)
    .action((flags: StatusFlags) =>
      runCommand(async (session) => (await import('./commands/status.js')).status(session, flags))
    )

  program
    .command('doctor')
    .description(
      'look for what is broken: machine, key, store, network, seeds, web addresses; says how to mend it'
    )
    .addHelpText('after', DOCTOR_HELP)
    .action(() => runCommand(async (session) => (await import('./commands/doctor.js')).doctor(session)))
}

function addPublishing(program: Command, runCommand: RunCommand): void {
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
      runCommand(async (session) => (await import('./commands/init.js')).init(session, flags))
    )

  publishOptions(program.command('publish'))
    .description('make a folder the next release of the site')
    .argument('[dir]', 'the folder that the build wrote')
    .option('--sync', 'hand the newest release to the seeds instead, when an earlier publish could not')
    .action((dir: string | undefined, flags: PublishFlags) =>
      runCommand(async (session) => (await import('./commands/publish.js')).publish(session, dir, flags))
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
      runCommand(async (session) => (await import('./commands/run.js')).run(session, command, flags))
    )

  program
    .command('review')
    .description('show what a publish would change, and what readers would stumble over')
    .argument(
      '[dir]',
      "the folder that the build wrote, or the link of a site that is compared with the project's own (default: the one of _site, dist, public, build, out, site that is there)"
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
      runCommand(async (session) => (await import('./commands/review.js')).review(session, dir, flags))
    )
}

function addLivePreview(program: Command, runCommand: RunCommand): void {
  program
    .command('watch')
    .description('show a folder as a live preview: each change is seen at once, here and through the link')
    .argument('<dir>', 'the folder that the build writes')
    .option(
      '--port <port>',
      'where it is on this machine; an error when it is taken (default: the same for a project whenever it is free)',
      parsePort
    )
    .option(
      '--settle <ms>',
      'for how long nothing may be written before the build counts as done (default: 200)',
      parseSettleMs
    )
    .option(
      '--poll',
      'look at all files twice a second, where the system does not tell of changes (network drives)'
    )
    .option(
      '--host',
      'open it to the local network, for whoever has the token in the address; prints a QR code for a phone'
    )
    .option('--new-link', 'make another link, which ends the ones before')
    .option('--open', 'show it in the browser')
    .addHelpText('after', WATCH_HELP)
    .action((dir: string, flags: WatchFlags) =>
      runCommand(async (session) => (await import('./commands/watch.js')).watch(session, dir, flags))
    )

  program
    .command('preview')
    .description('follow the live preview of somebody else, and show it on this machine')
    .argument('<link>', 'the preview link, all of it, in quotes; - reads it from standard input')
    .option(
      '--port <port>',
      'where it is on this machine; an error when it is taken (default: 4400, or the next that is free)',
      parsePort
    )
    .option('--host', 'open it to the local network, for whoever has the token in the address')
    .option('--open', 'show it in the browser')
    .addHelpText('after', PREVIEW_HELP)
    .action((link: string, flags: PreviewFlags) =>
      runCommand(async (session) => (await import('./commands/preview.js')).preview(session, link, flags))
    )
}

function addReading(program: Command, runCommand: RunCommand): void {
  const portOption = () =>
    new Option(
      '--port <port>',
      'where sites are on this machine; an error when it is taken (default: 4460, or the next that is free)'
    ).argParser(parsePort)

  program
    .command('open')
    .description('read a site of anybody: fetches it, checks every byte, and shows it on this machine')
    .argument('<link>', 'hyper://<key>/ or hyper://<domain>/, with a path if you like')
    .addOption(portOption())
    .option('--max <bytes>', 'a larger site is not fetched as a whole, but page by page (default: 2GB)')
    .option('--live', 'open pages update themselves when a new release is here; each has a script for that')
    .option('--no-share', 'do not hand on to others what is here')
    .option('--no-browser', 'do not open the browser')
    .addHelpText('after', OPEN_HELP)
    .action((link: string, flags: OpenFlags) =>
      runCommand(async (session) => (await import('./commands/open.js')).open(session, link, flags))
    )

  program
    .command('keep')
    .description('keep sites of others whole, and hand them on; runs until it is stopped')
    .argument('[link...]', 'the sites (default: those that were kept before)')
    .addOption(portOption())
    .option('--max <bytes>', 'a site that grows larger is fetched page by page from then on (default: 2GB)')
    .addHelpText('after', KEEP_HELP)
    .action((links: string[], flags: ReaderFlags) =>
      runCommand(async (session) => (await import('./commands/keep.js')).keep(session, links, flags))
    )

  program
    .command('library')
    .description('show the sites that are yours, read, followed and kept, and tell of their new releases')
    .addOption(portOption())
    .option('--list', 'list them as text, and start nothing')
    .option('--no-share', 'do not hand on to others what is here')
    .option('--no-browser', 'do not open the browser')
    .addHelpText('after', LIBRARY_HELP)
    .action((flags: LibraryFlags) =>
      runCommand(async (session) => (await import('./commands/library.js')).library(session, flags))
    )

  program
    .command('forget')
    .description('remove the copy of a site of somebody else from this machine')
    .argument('<link>', 'hyper://<key>/')
    .option('--yes', 'do not ask')
    .addHelpText('after', FORGET_HELP)
    .action((link: string, flags: ForgetFlags) =>
      runCommand(async (session) => (await import('./commands/forget.js')).forget(session, link, flags))
    )

  program
    .command('get')
    .description('print one file of a site')
    .argument('<link>', 'hyper://<key>/path')
    .option('--release <release>', 'its number (default: the newest)', parseCount)
    .action((link: string, flags: GetFlags) =>
      runCommand(async (session) => (await import('./commands/get.js')).get(session, link, flags))
    )

  program
    .command('clone')
    .description('copy the files of a site into a folder, each as its author signed it')
    .argument('<link>', 'hyper://<key>/')
    .argument('<dir>', 'a folder that is new or empty')
    .option('--release <release>', 'its number (default: the newest)', parseCount)
    .addHelpText('after', CLONE_HELP)
    .action((link: string, dir: string, flags: CloneFlags) =>
      runCommand(async (session) => (await import('./commands/clone.js')).clone(session, link, dir, flags))
    )

  program
    .command('fork')
    .description("make a site of one's own of another: its source where it carries one, else its files")
    .argument('[link]', 'hyper://<key>/')
    .argument('[dir]', 'a folder that is new or empty')
    .option('--release <release>', 'its number (default: the newest)', parseCount)
    .option('--update', 'in a fork: take over what the other site has published since')
    .action((link: string | undefined, dir: string | undefined, flags: ForkFlags) =>
      runCommand(async (session) => (await import('./commands/fork.js')).fork(session, link, dir, flags))
    )

  program
    .command('propose')
    .description('in a fork: say what to send to the author of the other site')
    .action(() => runCommand(async (session) => (await import('./commands/propose.js')).propose(session)))

  program
    .command('accept')
    .description("merge what a fork made of this project's source into the project")
    .argument('<link>', 'hyper://<key>/ of the fork')
    .action((link: string) =>
      runCommand(async (session) => (await import('./commands/accept.js')).accept(session, link))
    )

  program
    .command('export')
    .description("write the files of a release of this project's site into a folder; asks nobody")
    .argument('<dir>', 'a folder that is new or empty')
    .option('--release <release>', 'its number in `npx sitedrive log` (default: the newest)', parseCount)
    .action((dir: string, flags: ExportFlags) =>
      runCommand(async (session) => (await import('./commands/export.js')).exportSite(session, dir, flags))
    )
}

function addHistory(program: Command, runCommand: RunCommand): void {
  program
    .command('log')
    .description('list the releases, newest first')
    .option('-n, --limit <count>', 'at most so many (default: 20; with --json all)', parseCount)
    .action((flags: LogFlags) =>
      runCommand(async (session) => (await import('./commands/log.js')).log(session, flags))
    )

  program
    .command('rollback')
    .description('publish the files of an old release again, as a new release; uploads nothing')
    .argument('<release>', 'its number in `npx sitedrive log`', parseCount)
    .option('--yes', 'do not ask')
    .action((release: number, flags: RollbackFlags) =>
      runCommand(async (session) =>
        (await import('./commands/rollback.js')).rollback(session, release, flags)
      )
    )

  program
    .command('verify')
    .description('compare the files of a release with the hashes that were signed with it')
    .option('--release <release>', 'its number in `npx sitedrive log` (default: the newest)', parseCount)
    .addHelpText('after', VERIFY_HELP)
    .action((flags: VerifyFlags) =>
      runCommand(async (session) => (await import('./commands/verify.js')).verify(session, flags))
    )
}

function addSeeds(program: Command, runCommand: RunCommand): void {
  const seeds = program
    .command('seeds')
    .description('add, remove or list the peers that keep the site online')
  const load = () => import('./commands/seeds.js')
  seeds
    .command('add')
    .description('add peers to sitedrive.json; each publish then hands the site to them')
    .argument('<key...>', 'public key of a peer')
    .action((keys: string[]) => runCommand(async (session) => (await load()).seedsAdd(session, keys)))
  seeds
    .command('remove')
    .description('remove peers from sitedrive.json')
    .argument('<key...>', 'public key of a peer')
    .action((keys: string[]) => runCommand(async (session) => (await load()).seedsRemove(session, keys)))
  seeds
    .command('list')
    .description('list the peers of the site, and the web address that each told; asks nobody')
    .action(() => runCommand(async (session) => (await load()).seedsList(session)))
}

function addKeys(program: Command, runCommand: RunCommand): void {
  const key = program
    .command('key')
    .description('show, back up, check, restore or list the keys of your sites')
  const load = () => import('./commands/key.js')
  key
    .command('show')
    .description("show the site's key and the publisher's")
    .option('--secret', 'also the secret, for SITEDRIVE_SECRET in CI; the key then counts as known elsewhere')
    .action((flags: { secret?: boolean }) =>
      runCommand(async (session) => (await load()).keyShow(session, flags))
    )
  key
    .command('backup')
    .description('show the secret as 24 words to write down; the key then counts as known elsewhere')
    .action(() => runCommand(async (session) => (await load()).keyBackup(session)))
  key
    .command('check')
    .description('ask for three of the 24 words, and say whether they are right; at a terminal')
    .action(() => runCommand(async (session) => (await load()).keyCheck(session)))
  key
    .command('restore')
    .description('take in a key from its 24 words or 64 hex digits, typed or piped in')
    .action(() => runCommand(async (session) => (await load()).keyRestore(session)))
  key
    .command('list')
    .description('list the keys whose secret this machine holds, and their folders')
    .action(() => runCommand(async (session) => (await load()).keyList(session)))
}

function addPeer(program: Command, runCommand: RunCommand): void {
  program
    .command('peer')
    .description('keep the sites of publishers online, and show them on the web; runs until it is stopped')
    .option(
      '--trust <publisher...>',
      'a publisher key that may pin, if need be with a quota, <key>:5GB; `npx sitedrive key show` prints the key'
    )
    .option('--distrust <key...>', 'a publisher who may no longer')
    .option('--quota <bytes>', 'for all pins together, such as 50GB; none: no limit')
    .option('--allow-strangers [quota]', 'let anybody pin: kept blindly, never shown and never announced')
    .option('--block <key...>', 'a site that is neither shown (451) nor fetched any more')
    .option('--unblock <key...>', 'a site that is again')
    .option('--dir <dir>', 'where all is kept (default: peer, in the data directory)')
    .option('--port <port>', 'where the web pages are (default: 4480)', parsePort)
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
      runCommand(async (session) => (await import('./commands/peer.js')).peer(session, flags))
    )
}

function publishOptions(command: Command): Command {
  return command
    .option(
      '--allow <words>',
      'let a publish empty the site (`empty`), remove more than half of it (`shrink`), take a project folder (`project`), or begin a site without pages (`no-pages`)',
      joinValues
    )
    .addOption(
      checksOption(
        'tell of what readers would stumble over (`warn`), refuse to publish it (`fail`), or do not look (`off`)'
      )
    )
    .option('--accept-loss', 'go on although releases that were signed before are not on this machine')
    .option(
      '--generator <name@version>',
      'the program that wrote the files, shown in the log',
      parseGenerator
    )
}

function checksOption(description: string): Option {
  return new Option('--checks <mode>', `${description} (default: SITEDRIVE_CHECKS, else warn)`).choices([
    'warn',
    'fail',
    'off'
  ])
}
