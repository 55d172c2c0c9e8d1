import { createRequire } from 'node:module'
import {
  bootstrapOption,
  joinValues,
  jsonOption,
  parsePort,
  projectOption,
  topicStyle,
  type GlobalFlags,
  type Perform,
  type Program,
  type UsageError
} from '@sitedrive/terminal'
import { Option, type Command } from 'commander'
import type { BuildFlags } from './bridge-build.js'
import type { ServeFlags } from './bridge-serve.js'

const { version } = createRequire(import.meta.url)('../package.json') as { version: string }

/** Jekyll's own lines begin with a right-aligned topic of this width. Columns. */
const TOPIC_COLUMNS = 20

const EXAMPLES = `
What follows --, and every option that is not named here, goes to Jekyll.

Examples:
  $ jekyll-bridge build                          build and publish; the first time makes the site's key
  $ jekyll-bridge build --config _config.yml,_production.yml
  $ jekyll-bridge serve --drafts                 build on each change, and show it live
  $ jekyll-bridge build --jekyll 'bin/jekyll'    another Jekyll than \`bundle exec jekyll\` or \`jekyll\`

Environment: JEKYLL_ENV, SITEDRIVE_HOME, SITEDRIVE_SECRET, SITEDRIVE_PUBLISH, SITEDRIVE_ALLOW, SITEDRIVE_CHECKS,
SITEDRIVE_BOOTSTRAP, SITEDRIVE_DEBUG, NO_COLOR, CI; the README says what each does.`

/** The program `jekyll-bridge`. */
export const jekyllBridge: Program = {
  name: 'jekyll-bridge',
  description:
    'Build a site with its own Jekyll, and publish it without a host; or see each change of it live.',
  version,
  style: topicStyle('Sitedrive', TOPIC_COLUMNS),
  hasUnparsedRest: true,
  addCommands,
  describeUsageError
}

function addCommands(program: Command, perform: Perform, rest: readonly string[]): void {
  program.addHelpText('after', EXAMPLES)
  const run: Perform = (flags, command) =>
    perform(flags, async (session) => {
      const exitCode = await command(session)
      // A command that returns has succeeded, also when a signal asked it to stop.
      session.expectStopSignal()
      return exitCode
    })

  jekyllCommand(program, 'build')
    .description('run `jekyll build`, and make what it wrote the next release of the site')
    .option(
      '--allow <words>',
      'let a publish empty the site (`empty`), remove more than half of it (`shrink`), take a folder that holds a project (`project`), or begin a site without pages (`no-pages`)',
      joinValues
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
      run(flags, async (session) =>
        (await import('./bridge-build.js')).build(session, { ...flags, words: [...command.args, ...rest] })
      )
    )

  jekyllCommand(program, 'serve')
    .description('run `jekyll build --watch`, and show every build as a live preview')
    .option(
      '--port <port>',
      'where the preview is on this machine (default: the same for a project whenever it is free)',
      parsePort
    )
    .option('--new-link', 'make another preview link, which ends the ones before')
    .action((flags: GlobalFlags & Omit<ServeFlags, 'words'>, command: Command) =>
      run(flags, async (session) =>
        (await import('./bridge-serve.js')).serve(session, { ...flags, words: [...command.args, ...rest] })
      )
    )
}

function describeUsageError({ problem }: UsageError) {
  const why = problem ?? 'No command was given: it is `build` or `serve`.'
  return { message: `${why} \`jekyll-bridge --help\` shows how it is used.` }
}

function jekyllCommand(program: Command, name: string): Command {
  return program
    .command(name)
    .usage('[options] [-- <Jekyll options>]')
    .addOption(projectOption())
    .option('--jekyll <command>', 'how Jekyll is started (default: `bundle exec jekyll` or `jekyll`)')
    .addOption(jsonOption())
    .addOption(bootstrapOption())
    .allowUnknownOption()
    .allowExcessArguments()
}
