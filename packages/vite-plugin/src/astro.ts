import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkPluginOptions, readableError } from '@sitedrive/integration'
import { addressConstants } from './address-constants.js'
import type { SitedriveOptions } from './vite-options.js'
import { noLivePreview } from './output-dir.js'
import { SiteProject } from './site-project.js'
import { writeLine, writeOnce, type HostLogger } from './write-line.js'

// The parts of Astro 5 that the integration uses: it does not depend on Astro, which most of its users do not have.

interface AstroLogger extends HostLogger {
  fork(label: string): AstroLogger
}

interface ConfigSetup {
  command: 'dev' | 'build' | 'preview' | 'sync'
  config: { root: URL }
  updateConfig: (config: { vite: { define: Record<string, string> } }) => unknown
}

interface ConfigDone {
  config: { base: string; outDir: URL; integrations?: AstroIntegration[] }
  buildOutput?: 'static' | 'server'
}

interface BuildDone {
  /** The folder of the whole site. */
  dir: URL
  logger: AstroLogger
}

interface AstroIntegration {
  name: string
  hooks: { 'astro:build:done'?: (options: BuildDone) => unknown }
}

const NAME = '@sitedrive/vite-plugin/astro'

/** An integration of Astro, as its config takes them. */
export interface SitedriveIntegration {
  name: string
  hooks: {
    'astro:config:setup'(options: ConfigSetup): Promise<void>
    'astro:config:done'(options: ConfigDone): void
    'astro:server:start'(options: { logger: AstroLogger }): void
    'astro:build:done'(options: BuildDone): Promise<void>
  }
}

/**
 * Publishes what each `astro build` wrote as one release of the site's drive.
 *
 * @throws {SitedriveError} BAD_OPTION, when Astro reads the config; builds fail with whatever kept them from being published
 */
export function sitedrive(options: SitedriveOptions = {}): SitedriveIntegration {
  const project = new SiteProject(options, 'Astro', 'astro')
  let base = '/'
  let outDir = ''
  let isStatic = true
  let integrations: AstroIntegration[] = []
  const publish = async ({ dir, logger }: BuildDone): Promise<void> => {
    const lines = Object.assign(logger.fork('sitedrive'), { prefix: '' })
    if (isStatic) {
      await project.publish({ dir: fileURLToPath(dir), base }, lines)
      return
    }
    const text =
      'Not published: a part of this site is rendered by a server. With static pages alone it is published.'
    writeOnce(lines, { level: 'warn', text })
  }
  return {
    name: NAME,
    hooks: {
      async 'astro:config:setup'({ command, config, updateConfig }) {
        try {
          checkPluginOptions(options)
          project.locate(fileURLToPath(config.root), undefined)
          updateConfig({ vite: { define: addressConstants(await project.address(command === 'build')) } })
        } catch (error) {
          throw readableError(error)
        }
      },
      'astro:config:done'({ config, buildOutput }) {
        base = config.base
        outDir = fileURLToPath(config.outDir)
        integrations = config.integrations ?? []
        isStatic = buildOutput !== 'server'
      },
      'astro:server:start'({ logger }) {
        if (!(options.preview ?? true)) return
        const lines = Object.assign(logger.fork('sitedrive'), { prefix: '' })
        writeOnce(lines, {
          level: 'notice',
          text: noLivePreview('Astro', path.relative(project.dir, outDir))
        })
      },
      async 'astro:build:done'(built) {
        const isListed = integrations.some(({ name }) => name === NAME)
        const isLast = integrations.at(-1)?.name === NAME
        // Integrations write in this hook, one after the other in the order of the list, which is read as it goes on.
        // guard: Astro: integrations that come later in the list write first
        if (isListed && !isLast) {
          integrations.push({ name: NAME, hooks: { 'astro:build:done': publish } })
          return
        }
        if (!isLast) writeLine(built.logger, { level: 'warn', text: UNKNOWN_ORDER })
        await publish(built)
      }
    }
  }
}

const UNKNOWN_ORDER =
  'This version of Astro does not tell which integrations there are. What those after sitedrive() write is not published: put it last.'

export { sitedrive as default }
