import type { Environment, Plugin, ResolvedConfig, ViteBuilder } from 'vite'
import { backgroundOutDir } from './background-outdir.js'
import { BuildRun, judge, type RunConfig, type Verdict } from './build-run.js'
import { frameworkOf, type Framework } from './frameworks.js'
import { NAME } from './name.js'
import { relativeSources } from './page-sources.js'
import { readableError, sharedInProcess, SitedriveError } from '@sitedrive/integration'
import type { BuiltSite, SiteProject } from './site-project.js'
import { viteLogger, writeOnce, type HostLogger } from './write-line.js'
import { routerOutput } from './react-router.js'
import { AdapterOutput } from './sveltekit.js'
import { onVitePressEnd } from './vitepress.js'
import { WatchedBuilds } from './watched-builds.js'

/** Of the context that Vite gives to a hook, what is used. Vite 5, which VitePress 1 runs, knows no environments. */
export interface HookContext {
  environment?: Environment
}

/** Of the context of `configResolved`; Vite 6 gives none. */
export interface ConfigContext {
  meta?: { viteVersion?: string }
}

/** What one config's plugins know of the builds that they run in. */
export class Build {
  private watched: WatchedBuilds | null = null
  private readonly project: SiteProject
  private logger: HostLogger | null = null
  private framework: Framework | null = null
  private adapter: AdapterOutput | null = null
  /** Of React Router: where the pages will be, and what their links begin with. */
  private router: BuiltSite | null = null
  private isActive = false
  /** Of VitePress: publishes after what was added to its last hook so far. */
  private publishAtEnd: (() => void) | null = null

  constructor(project: SiteProject) {
    this.project = project
  }

  resolved(config: ResolvedConfig, context: ConfigContext | undefined): void {
    // guard: what is built for the preview is not published
    this.isActive = claim(config, this) && backgroundOutDir() === null
    if (!this.isActive) return
    this.logger = viteLogger(config)
    this.framework = frameworkOf(config)
    if (config.build.watch && this.framework === null && (this.project.options.preview ?? true)) {
      this.watched = new WatchedBuilds(this.project, config)
    }
    if (this.framework === 'VitePress') {
      this.project.generatedBy('VitePress', 'vitepress')
      this.publishAtEnd = () =>
        onVitePressEnd(config, ({ dir, base, pages, logger }) =>
          this.project.publish({ dir, base, sources: relativeSources(this.project.dir, pages) }, logger)
        )
      this.publishAtEnd()
    } else if (!('environments' in config)) this.refuseOldVite()
    if (this.framework === 'SvelteKit') {
      this.project.generatedBy('SvelteKit', '@sveltejs/kit')
      this.adapter = new AdapterOutput(config)
    }
    if (this.framework === 'React Router') {
      this.project.generatedBy('React Router', '@react-router/dev')
      const dir = routerOutput(config)
      this.router = dir === null ? null : { dir, base: config.base }
    }
    // Vite 6 has no hook for the whole of several environments.
    // guard: the builder of Vite 6 is waited for
    if (config.builder && context?.meta?.viteVersion === undefined) this.wrapBuilder(config.builder)
    // `closeBundle` of others may write, and may fail: ours is the last of them. Of several environments the builder tells.
    // guard: it is published after what other plugins do at last
    if (!config.builder) moveToEnd(config.plugins as Plugin[])
  }

  /** Before Vite 6 no hook knows which build it is called for. @throws {SitedriveError} HOST_TOO_OLD with `required: true` */
  private refuseOldVite(): void {
    const text =
      `Not published: the sitedrive plugin needs Vite 6 or newer; here is ${this.project.generatorVersion}. ` +
      '`npx sitedrive run -- npx vite build` builds and publishes.'
    if (this.project.options.required) throw readableError(new SitedriveError('HOST_TOO_OLD', text))
    if (this.logger)
      writeOnce(this.logger, { level: 'warn', text: this.framework === 'Astro' ? ASTRO : text })
  }

  begin(context: HookContext): void {
    const { environment } = context
    if (!this.isActive || !environment) return
    this.watched?.building()
    // Vite 8 begins once for each output, and closes once.
    if (runs().get(environment)?.isClosed === false) return
    const config = environment.config as unknown as RunConfig
    runs().set(environment, new BuildRun(environment.name, config, this.project.startedAtMs))
  }

  /** A watched file changed: a build is about to begin. */
  changed(): void {
    this.watched?.building()
  }

  run({ environment }: HookContext): BuildRun | undefined {
    return this.isActive && environment ? runs().get(environment) : undefined
  }

  async close(context: HookContext): Promise<void> {
    this.publishAtEnd?.()
    const run = this.run(context)
    if (!run || !context.environment) return
    run.closed()
    const { watch } = context.environment.config.build
    // guard: builds of --watch never reach the site
    if (watch) this.watched?.built(run.verdict(this.project.dir))
    else if (!apps().has(context.environment)) await this.conclude([run])
  }

  appBegins({ environments }: ViteBuilder): void {
    const all = Object.values(environments)
    if (!this.isActive || all.some(({ config }) => config.build.watch)) return
    // guard: environments are published when all are written
    for (const environment of all) apps().add(environment)
  }

  async appEnds(builder: ViteBuilder): Promise<void> {
    const all = Object.values(builder.environments)
    if (!this.isActive || !all.every((environment) => apps().has(environment))) return
    // Where nobody has built anything, Vite does it after this hook, and no hook comes after that.
    if (all.every(({ isBuilt }) => !isBuilt)) for (const environment of all) await builder.build(environment)
    await this.concludeApp(builder)
  }

  private wrapBuilder(config: NonNullable<ResolvedConfig['builder']>): void {
    const { buildApp } = config
    config.buildApp = async (builder) => {
      this.appBegins(builder)
      await buildApp(builder)
      await this.concludeApp(builder)
    }
  }

  private concludeApp({ environments }: ViteBuilder): Promise<void> {
    const all = Object.values(environments).map((environment) => runs().get(environment))
    return this.conclude(all.filter((run) => run !== undefined))
  }

  private async conclude(ended: readonly BuildRun[]): Promise<void> {
    const verdict = this.verdict(ended)
    const { logger } = this
    if (!logger || verdict.kind === 'nothing') return
    if (verdict.kind === 'publish') await this.project.publish(verdict.site, logger)
    else writeOnce(logger, { level: verdict.isOdd ? 'warn' : 'notice', text: verdict.text })
  }

  private verdict(ended: readonly BuildRun[]): Verdict {
    if (this.framework === null) return judge(ended, this.project.dir)
    if (this.framework === 'VitePress' || !ended.some((run) => run.isComplete)) return { kind: 'nothing' }
    // guard: Astro writes its pages after its builds
    if (this.framework === 'Astro') return refused(ASTRO)
    if (this.framework === 'React Router') return this.routerVerdict(ended)
    // SvelteKit builds for browsers within its build for rendering, at whose end the adapter writes the site.
    if (!this.adapter || ended.some((run) => run.isForBrowsers)) return { kind: 'nothing' }
    const result = this.adapter.result()
    return 'refusal' in result
      ? refused(result.refusal)
      : { kind: 'publish', site: { dir: result.dir, base: this.adapter.base } }
  }

  /** React Router builds for browsers first; the pages come at the end of the build for rendering, if at all. */
  private routerVerdict(ended: readonly BuildRun[]): Verdict {
    const isRendered = ended.some((run) => !run.isForBrowsers)
    if (this.router) return isRendered ? { kind: 'publish', site: this.router } : { kind: 'nothing' }
    // It is said at the build for browsers, and not again at the other one.
    return ended.some((run) => run.isForBrowsers) ? judge(ended, this.project.dir) : { kind: 'nothing' }
  }
}

const ASTRO =
  'Not published: Astro writes the pages after its Vite builds. Take the plugin out of `vite.plugins` and put its ' +
  "integration among `integrations`: import sitedrive from '@sitedrive/vite-plugin/astro'"

function refused(text: string): Verdict {
  return { kind: 'skip', text, isOdd: true }
}

function runs(): WeakMap<Environment, BuildRun> {
  return sharedInProcess('runs', () => new WeakMap<Environment, BuildRun>())
}

/** Environments that are part of a whole, which is published when all of it is there. */
function apps(): WeakSet<Environment> {
  return sharedInProcess('apps', () => new WeakSet<Environment>())
}

/** A config that lists the plugin twice publishes once. */
function claim(config: ResolvedConfig, by: Build): boolean {
  const owners = sharedInProcess('owners', () => new WeakMap<ResolvedConfig, unknown>())
  if (!owners.has(config)) owners.set(config, by)
  return owners.get(config) === by
}

function moveToEnd(plugins: Plugin[]): void {
  const ours = plugins.filter(({ name }) => name.startsWith(`${NAME}:`))
  const others = plugins.filter((plugin) => !ours.includes(plugin))
  plugins.splice(0, plugins.length, ...others, ...ours)
}
