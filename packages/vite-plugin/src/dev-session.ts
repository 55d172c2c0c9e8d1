import path from 'node:path'
import { qrCode } from '@sitedrive/terminal/qr-code'
import type { Logger, ViteDevServer } from 'vite'
import { BackgroundBuilder } from './background-builder.js'
import { ProjectPreview, type LivePreview, type PreviewChoices } from './project-preview.js'
import { say } from './say.js'

/** Changes that come together are built together. Milliseconds. */
const SETTLE_MS = 30
/** The building process is let go when nobody has looked for so long. Milliseconds. */
const IDLE_MS = 60_000
/**
 * The live preview of a dev server. Nothing is built until somebody looks at it; from then on every change is, in another
 * process and to a folder of its own.
 */
export class DevSession {
  private readonly projectDir: string
  private readonly onEnd: () => void
  private readonly servers = new Set<ViteDevServer>()
  private readonly builder = new BackgroundBuilder()
  private preview: ProjectPreview | null = null
  private isStale = true
  private isBuilding = false
  private settling: NodeJS.Timeout | undefined
  private idling: NodeJS.Timeout | undefined
  private hasGreeted = false

  /** @param onEnd called when the last server is closed */
  constructor(projectDir: string, onEnd: () => void) {
    this.projectDir = projectDir
    this.onEnd = onEnd
  }

  /** What is built from now on is what this server shows. Safe to call twice. */
  attach(server: ViteDevServer): void {
    if (this.servers.has(server)) return
    this.servers.add(server)
    server.watcher.on('all', () => this.changed())
    server.httpServer?.once('close', () => this.detach(server))
    // A config that was read anew may make other pages of the same sources.
    this.changed()
  }

  open(options: PreviewChoices): void {
    const { logger } = this
    if (!logger || this.preview) return
    this.preview = ProjectPreview.of(this.projectDir, options, logger)
    this.preview.onWatched(() => this.watched())
    void this.preview.whenOpen().then((opened) => opened && this.greet(opened))
  }

  private get server(): ViteDevServer | undefined {
    return [...this.servers].at(-1)
  }

  private get logger(): Logger | undefined {
    return this.server?.config.logger
  }

  private detach(server: ViteDevServer): void {
    this.servers.delete(server)
    if (this.servers.size > 0) return
    this.onEnd()
    clearTimeout(this.settling)
    clearTimeout(this.idling)
    this.builder.stop()
    void this.preview?.close()
  }

  private changed(): void {
    this.isStale = true
    this.plan()
  }

  /** Whoever begins to look gets what there is now. */
  private watched(): void {
    clearTimeout(this.idling)
    if (this.preview?.isWatched) this.plan()
    else this.idling = setTimeout(() => this.builder.stop(), IDLE_MS).unref()
  }

  private plan(): void {
    if (!this.isStale || this.isBuilding || !this.preview?.isWatched) return
    clearTimeout(this.settling)
    this.settling = setTimeout(() => void this.build(), SETTLE_MS).unref()
  }

  private async build(): Promise<void> {
    const { server, preview } = this
    if (!server || !preview || this.isBuilding) return
    const { root, cacheDir, configFile, mode } = server.config
    if (configFile === undefined) {
      preview.failed({ message: NO_CONFIG_FILE })
      return
    }
    this.isBuilding = true
    this.isStale = false
    preview.building()
    const outDir = path.join(cacheDir, 'sitedrive-preview')
    const { failure, sources } = await this.builder.build({
      outDir,
      root,
      configFile,
      mode: builtMode(mode),
      projectDir: this.projectDir
    })
    this.isBuilding = false
    if (this.servers.size === 0) return
    if (failure) preview.failed(failure)
    else preview.built(outDir, sources)
    this.plan()
  }

  private greet({ url, reviewUrl, link }: LivePreview): void {
    const { logger } = this
    if (!logger || this.hasGreeted) return
    this.hasGreeted = true
    const isAsked = process.stdin.isTTY && !process.env['CI']
    say(logger, { level: 'say', text: `Live preview: ${url}` })
    say(logger, { level: 'say', text: `Review and publish: ${reviewUrl}` })
    say(logger, {
      level: 'say',
      text: isAsked
        ? 'From another machine: press s + enter for the link and its QR code.'
        : `From another machine: npx sitedrive preview '${link}'`
    })
  }

  /** Shows where the preview is, for other machines and for phones. */
  showLink(): void {
    const { logger } = this
    const opened = this.preview?.opened
    if (!logger) return
    if (!opened) {
      say(logger, { level: 'say', text: 'The live preview is not open.' })
      return
    }
    const lines = [
      `  On this machine:       ${opened.url}`,
      `  Review and publish:    ${opened.reviewUrl}`,
      `  From another machine:  npx sitedrive preview '${opened.link}'`,
      '',
      ...qrCode(opened.link).map((line) => `  ${line}`)
    ]
    logger.info(`\n${lines.join('\n')}\n`)
  }
}

const NO_CONFIG_FILE =
  'The live preview builds in another process, which needs a config file. This dev server was started without one.'

/** The mode that `vite build` has where the dev server has its own. */
function builtMode(mode: string): string {
  return mode === 'development' ? 'production' : mode
}
