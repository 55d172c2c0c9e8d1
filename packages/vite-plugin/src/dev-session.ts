import path from 'node:path'
import type { Integration } from '@sitedrive/integration'
import type { LivePreview, Viewers } from '@sitedrive/preview/live'
import { qrCode } from '@sitedrive/terminal/qr-code'
import type { ViteDevServer } from 'vite'
import { BackgroundBuilder } from './background-builder.js'
import type { SiteProject } from './site-project.js'
import { viteLogger, writeLine, type HostLogger } from './write-line.js'

/** Changes that come together are built together. Milliseconds. */
const SETTLE_MS = 30
/** The building process is let go when nobody has looked for so long. Milliseconds. */
const IDLE_MS = 60_000

/**
 * The live preview of a dev server. Nothing is built until somebody looks at it; from then on every change is, in another
 * process and to a folder of its own.
 */
export class DevSession {
  private readonly project: SiteProject
  private readonly onEnd: () => void
  private readonly servers = new Set<ViteDevServer>()
  private readonly builder = new BackgroundBuilder()
  private integration: Integration | null = null
  private viewers = 0
  private isStale = true
  private isBuilding = false
  private settling: NodeJS.Timeout | undefined
  private idling: NodeJS.Timeout | undefined

  /** @param onEnd called when the last server is closed */
  constructor(project: SiteProject, onEnd: () => void) {
    this.project = project
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

  open(): void {
    const { logger } = this
    if (!logger || this.integration) return
    const isAsked = process.stdin.isTTY && !process.env['CI']
    const describeLink = () =>
      'From another machine: press s + enter for the link, and a QR code for a phone.'
    this.integration = this.project.integration(logger, {
      isOpenToLan: this.isOpenToLan,
      ...(isAsked && { describeLink })
    })
    this.integration.preview.onViewers((viewers) => this.watched(viewers))
    this.integration.preview.idle()
  }

  private get server(): ViteDevServer | undefined {
    return [...this.servers].at(-1)
  }

  private get isOpenToLan(): boolean {
    return isOpenToLan(this.server?.config.server.host)
  }

  private get logger(): HostLogger | undefined {
    const config = this.server?.config
    return config && viteLogger(config)
  }

  private detach(server: ViteDevServer): void {
    this.servers.delete(server)
    if (this.servers.size > 0) return
    this.onEnd()
    clearTimeout(this.settling)
    clearTimeout(this.idling)
    this.builder.stop()
    void this.integration?.preview.close()
  }

  private changed(): void {
    this.isStale = true
    // Another process may have had the preview, and have ended since.
    if (!this.isBuilding) this.integration?.preview.idle()
    this.plan()
  }

  /** Whoever begins to look gets what there is now. */
  private watched({ browsers, peers }: Viewers): void {
    this.viewers = browsers + peers
    clearTimeout(this.idling)
    if (this.viewers > 0) this.plan()
    else this.idling = setTimeout(() => this.builder.stop(), IDLE_MS).unref()
  }

  private plan(): void {
    if (!this.isStale || this.isBuilding || this.viewers === 0) return
    clearTimeout(this.settling)
    this.settling = setTimeout(() => void this.build(), SETTLE_MS).unref()
  }

  private async build(): Promise<void> {
    const { server } = this
    const preview = this.integration?.preview
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
      projectDir: this.project.dir
    })
    this.isBuilding = false
    if (this.servers.size === 0) return
    if (failure) preview.failed(failure)
    else preview.built({ dir: outDir, sources })
    this.plan()
  }

  /** Shows where the preview is, for other machines and for phones. */
  async showLink(): Promise<void> {
    const { logger } = this
    const opened = await this.openPreview()
    if (!logger) return
    if (!opened) {
      writeLine(logger, { level: 'notice', text: 'The live preview is not open.' })
      return
    }
    const [phone, ...others] = opened.lanUrls
    const lines = [
      `  On this machine:       ${opened.url}`,
      `  Review and publish:    ${opened.reviewUrl}`,
      `  From another machine:  npx sitedrive preview '${opened.link}'`,
      ...(phone === undefined
        ? [
            `  On a phone:            ${this.isOpenToLan ? NO_NETWORK : 'start the dev server with --host: the QR code is then here.'}`
          ]
        : [
            `  On a phone:            ${phone}`,
            ...others.map((url) => `                         ${url}`),
            '',
            ...qrCode(phone, (process.stdout.columns || 80) - 2).map((line) => `  ${line}`)
          ])
    ]
    logger.info(`\n${lines.join('\n')}\n`)
  }

  /** null where there is none; why, was told when it should have opened. */
  private async openPreview(): Promise<LivePreview | null> {
    return (await this.integration?.preview.open().catch(() => null)) ?? null
  }
}

const NO_NETWORK = 'not now: this machine is in no local network.'

const NO_CONFIG_FILE =
  'The live preview builds in another process, which needs a config file. This dev server was started without one.'

/** Whether Vite's option `server.host`, or `--host`, opens the dev server to other machines. */
function isOpenToLan(host: string | boolean | undefined): boolean {
  if (typeof host !== 'string') return host === true
  return !/^(localhost|.*\.localhost|127\.[\d.]+|::1)$/i.test(host)
}

/** The mode that `vite build` has where the dev server has its own. */
function builtMode(mode: string): string {
  return mode === 'development' ? 'production' : mode
}
