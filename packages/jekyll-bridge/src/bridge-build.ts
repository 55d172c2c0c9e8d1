import { outcomeJson, SitedriveError, type ChecksMode, type Outcome, type Sources } from '@sitedrive/core'
import { allowancesFrom, checksModeFrom } from '@sitedrive/core/internal'
import { openIntegration, type Integration } from '@sitedrive/integration'
import { CommandFailed as JekyllFailed, EXIT, type Session } from '@sitedrive/terminal'
import { bridgeWords } from './bridge-config.js'
import { bridgeHost } from './bridge-host.js'
import { checkDestination } from './check-settings.js'
import { findJekyll } from './find-jekyll.js'
import {
  describeFinding,
  findingsIn,
  isReported,
  settingFindings,
  siteFindings,
  type Finding
} from './findings.js'
import type { FailedEvent, LoggedEvent } from './jekyll-events.js'
import type { JekyllFlags } from './jekyll-flags.js'
import { readJekyllOptions, type JekyllOptions } from './jekyll-options.js'
import { readJekyllSettings, type JekyllSettings } from './jekyll-settings.js'
import { runJekyll } from './run-jekyll.js'

export interface BuildFlags extends JekyllFlags {
  allow?: string
  acceptLoss?: boolean
  required?: boolean
  checks?: ChecksMode
}

/** The events that the plugin inside Jekyll sent during a build. */
interface BuildReport {
  /** null: the plugin did not run, because of `--safe` or because Jekyll ended before it loaded plugins. */
  site: { jekyll: string; destination: string } | null
  logged: LoggedEvent[]
  sources: Sources
  /** The error of a failed build; null when there was none. */
  failure: FailedEvent | null
}

/** Runs one production build of Jekyll, and publishes its output. */
export async function build(session: Session, flags: BuildFlags): Promise<number> {
  const { projectDir, screen, signal } = session
  // An environment that the user has set, such as staging, stays.
  const env = { ...session.env, JEKYLL_ENV: session.env['JEKYLL_ENV'] || 'production' }
  const options = readJekyllOptions(flags.words)
  refuseWatching(options)
  const command = findJekyll(projectDir, env, flags.jekyll)
  const settings = readJekyllSettings(projectDir, options)
  checkDestination(projectDir, settings, env)

  const report: BuildReport = { site: null, logged: [], sources: {}, failure: null }
  const integration = openPublishing(session, flags, report)
  const address = await integration.address(true)
  const extra = bridgeWords(projectDir, settings, options, { address, env })
  const words = ['build', ...options.words, ...extra, '--no-watch']
  const jekyll = runJekyll(command, words, {
    cwd: projectDir,
    env,
    stdoutToStderr: screen.isJson,
    keeper: 'jekyll-bridge build',
    onEvent(event) {
      if (event.event === 'site') report.site = event
      else if (event.event === 'said') report.logged.push(event)
      else if (event.event === 'written') report.sources = event.sources
      else if (event.event === 'failed') report.failure = event
    }
  })
  // At a terminal, Ctrl-C reaches Jekyll directly. A second signal would stop it before it has ended cleanly.
  const stop = () => jekyll.stop(signal.reason === 'SIGINT' && process.stdin.isTTY)
  signal.addEventListener('abort', stop, { once: true })
  const exitCode = await jekyll.ended.finally(() => signal.removeEventListener('abort', stop))
  if (signal.aborted) throw new SitedriveError('ABORTED', 'Stopped. Nothing was published.')
  if (exitCode !== 0) throw buildFailed([...command.words, 'build'], exitCode, report, settings)

  const checks = checksOf(session, flags)
  const findings = [
    ...(checks === 'off' ? [] : settingFindings(settings)),
    ...findingsIn(report.logged, projectDir)
  ]
  for (const finding of findings) screen.warn(describeFinding(finding))
  const outcome = await integration.publish({
    dir: report.site?.destination ?? settings.destination,
    sources: report.sources,
    // Jekyll itself deletes leftover files.
    isIncremental: true,
    isReported: (finding) => isReported(finding, findings)
  })
  showJson(session, outcome, findings)
  return EXIT.done
}

function checksOf({ env }: Pick<Session, 'env'>, flags: BuildFlags): ChecksMode {
  return flags.checks ?? checksModeFrom(env['SITEDRIVE_CHECKS']) ?? 'warn'
}

function openPublishing(
  { projectDir, env, screen, signal }: Session,
  flags: BuildFlags,
  report: BuildReport
): Integration {
  return openIntegration(
    {
      ...bridgeHost(screen, 'jekyll-bridge build'),
      // Jekyll reports its version when it builds.
      get version() {
        return report.site?.jekyll ?? 'unknown'
      }
    },
    {
      projectDir,
      env,
      signal,
      required: flags.required ?? false,
      allow: { ...allowancesFrom(env['SITEDRIVE_ALLOW']), ...allowancesFrom(flags.allow) },
      acceptLoss: flags.acceptLoss ?? false,
      checks: checksOf({ env }, flags),
      isInteractive: !screen.isJson
    }
  )
}

function showJson({ screen }: Session, outcome: Outcome, findings: Finding[]): void {
  const reported = findings.map(({ file, line, message }) => ({ file, line, message }))
  screen.json({ ...outcomeJson(outcome), findings: [...reported, ...siteFindings(outcome)] })
  if (outcome.status === 'unchanged') screen.printPlain(outcome.link)
}

function buildFailed(
  words: readonly string[],
  exitCode: number,
  { site, failure }: BuildReport,
  { isSafe, theme, plugins }: JekyllSettings
): JekyllFailed {
  const why = failure?.file ? ` (${describeFailure(failure)})` : ''
  const what = `\`${words.join(' ')}\` failed with exit code ${exitCode}${why}. Nothing was published.`
  if (site || isSafe || exitCode > 128) return new JekyllFailed(what, exitCode)
  if (words[0] === 'bundle') {
    return new JekyllFailed(
      `${what} If gems are missing: \`bundle install\` installs what the Gemfile names.`,
      exitCode
    )
  }
  const wanted = [theme, ...plugins].filter((name) => name !== null)
  const hint =
    wanted.length > 0
      ? ` It ended before it read the site. If a gem is missing: \`gem install ${wanted.join(' ')}\` installs those that the configuration names.`
      : ''
  return new JekyllFailed(what + hint, exitCode)
}

function describeFailure({ file = null, line = null, message }: FailedEvent): string {
  return describeFinding({ file, line, message: message.replace(/[.\s]+$/, '') })
}

function refuseWatching({ isWatching }: JekyllOptions): void {
  if (!isWatching) return
  throw new SitedriveError(
    'BAD_OPTION',
    '`--watch` builds again and again, and `jekyll-bridge build` publishes one build. `jekyll-bridge serve` watches.'
  )
}
