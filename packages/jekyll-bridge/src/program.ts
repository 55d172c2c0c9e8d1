import { createRequire } from 'node:module'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { BuildFlags } from './bridge-build.js'
import type { ServeFlags } from './bridge-serve.js'
import type { Session } from './session.js'

/** The options that both commands take. */
export interface GlobalFlags {
  project?: string
  json?: boolean
  bootstrap?: string
}

/** Opens a session, does a command's deed in it, and remembers the exit code that it returns. */
export type Perform = (flags: GlobalFlags, deed: (session: Session) => Promise<number>) => Promise<void>

const EXAMPLES = `
What follows --, and every option that is not named here, goes to Jekyll.

Examples:
  $ jekyll-bridge build                          build and publish; the first time makes the site's key
  $ jekyll-bridge build --config _config.yml,_production.yml
  $ jekyll-bridge serve --drafts                 build on each change, and show it live
  $ jekyll-bridge build --jekyll 'bin/jekyll'    another Jekyll than \`bundle exec jekyll\` or \`jekyll\`

Environment: JEKYLL_ENV, SITEDRIVE_HOME, SITEDRIVE_SECRET, SITEDRIVE_PUBLISH, SITEDRIVE_ALLOW, SITEDRIVE_CHECKS,
SITEDRIVE_BOOTSTRAP, SITEDRIVE_DEBUG, NO_COLOR, CI; the README says what each does.`

/**
 * @param perform called once, by the command that was given
 * @param jekyllWords what stands behind `--`
 */
export function buildProgram(perform: Perform, jekyllWords: readonly string[]): Command {
  const { version } = createRequire(import.meta.url)('../package.json') as { version: string }
  const program = new Command('jekyll-bridge')
    .description(
      'Build a site with its own Jekyll, and publish it without a host; or see each change of it live.'
    )
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    // Failures are told in one place, as text or JSON; only help is written from here.
    .configureOutput({ outputError: () => {} })

  jekyllCommand(program, 'build')
    .description('run `jekyll build`, and make what it wrote the next release of the site')
    .option(
      '--allow <words>',
      'let a publish empty the site (`empty`), remove more than half of it (`shrink`), take a folder that holds a project (`project`), or begin a site without pages (`no-pages`)',
      (words: string, before?: string) => (before === undefined ? words : `${before},${words}`)
    )
    .addOption(
      new Option(
        '--checks <mode>',
        'tell of what readers would stumble over (`warn`), refuse to publish it (`fail`), or do not look (`off`)'
      ).choices(['warn', 'fail', 'off'])
    )
    .option('--accept-loss', 'go on although releases that were signed before are not on this machine')
    .option(
      '--required',
      'fail where the build would otherwise be left unpublished, such as CI without a secret'
    )
    .action((flags: GlobalFlags & Omit<BuildFlags, 'words'>, command: Command) =>
      perform(flags, async (session) =>
        (await import('./bridge-build.js')).build(session, {
          ...flags,
          words: [...command.args, ...jekyllWords]
        })
      )
    )

  jekyllCommand(program, 'serve')
    .description('run `jekyll build --watch`, and show every build as a live preview')
    .option(
      '--port <port>',
      'where the preview is on this machine (default: the same for a project whenever it is free)',
      portOf
    )
    .option('--new-link', 'make another preview link, which ends the ones before')
    .action((flags: GlobalFlags & Omit<ServeFlags, 'words'>, command: Command) =>
      perform(flags, async (session) =>
        (await import('./bridge-serve.js')).serve(session, {
          ...flags,
          words: [...command.args, ...jekyllWords]
        })
      )
    )
  return program
}

function jekyllCommand(program: Command, name: string): Command {
  return program
    .command(name)
    .usage('[options] [-- <Jekyll options>]')
    .option(
      '--project <dir>',
      'the folder of sitedrive.json; works as if started there (default: this folder)'
    )
    .option('--jekyll <command>', 'how Jekyll is started (default: `bundle exec jekyll` or `jekyll`)')
    .option('--json', 'one JSON object on stdout, everything else on stderr')
    .option(
      '--bootstrap <host:port>',
      'the DHT node to start from (default: SITEDRIVE_BOOTSTRAP, else the public ones)'
    )
    .allowUnknownOption()
    .allowExcessArguments()
}

function portOf(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) < 65_536) return Number(text)
  throw new InvalidArgumentError('It is a number from 0 to 65535.')
}
