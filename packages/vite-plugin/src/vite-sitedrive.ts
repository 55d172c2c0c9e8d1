import type { SiteAddress } from '@sitedrive/core'
import { checkPluginOptions, readableError } from '@sitedrive/integration'
import type { Plugin, UserConfig } from 'vite'
import { addressConstants } from './address-constants.js'
import { buildPlugins } from './build-plugins.js'
import { devPlugin } from './dev-plugin.js'
import { NAME } from './name.js'
import type { SitedriveOptions } from './vite-options.js'
import { SiteProject } from './site-project.js'

/** What other plugins find at `api` of the plugin that is named `@sitedrive/vite-plugin`, from `configResolved` on. */
export interface SitedriveApi {
  /** All null where the project has no address. */
  address: SiteAddress
}

const NO_ADDRESS: SiteAddress = { key: null, url: null, mirror: null }

/**
 * Publishes what each `vite build` wrote as one release of the site's drive.
 *
 * @throws {SitedriveError} BAD_OPTION, when Vite reads the config; builds fail with whatever kept them from being published
 */
export function sitedrive(options: SitedriveOptions = {}): Plugin[] {
  const project = new SiteProject(options)
  const api: SitedriveApi = { address: NO_ADDRESS }
  const build = async (config: UserConfig): Promise<UserConfig> => {
    const { backgroundOutDir, buildingTo } = await import('./background-outdir.js')
    const outDir = backgroundOutDir()
    const willPublish = outDir === null && (await isForPublishing(config, project.generatorVersion))
    api.address = await project.address(willPublish)
    const define = addressConstants(api.address)
    // guard: what is built for the preview goes to its own folder
    return outDir === null ? { define } : { define, ...buildingTo(outDir, project.root, config) }
  }
  return [
    {
      name: NAME,
      api,
      // `vite preview` has nothing to publish, nor to show. Nor has Vitest, but its code knows the address as built code does.
      apply: (_config, { isPreview }) => isPreview !== true,
      enforce: 'post',
      async config(config, { command }) {
        try {
          checkPluginOptions(options)
          const context = this as { meta?: { viteVersion?: string } } | undefined
          project.locate(config.root, context?.meta?.viteVersion)
          if (command === 'build') return await build(config)
          const address = project.address(false)
          // Tests of code say nothing of a damaged `sitedrive.json`; the next build does.
          api.address = await (process.env['VITEST'] ? address.catch(() => NO_ADDRESS) : address)
          return process.env['VITEST']
            ? testEnvironment(api.address)
            : { define: addressConstants(api.address) }
        } catch (error) {
          throw readableError(error)
        }
      }
    },
    ...buildPlugins(project),
    devPlugin(project)
  ]
}

/** Vitest has read `define` before any plugin adds to it; it has variables of its own. */
function testEnvironment(address: SiteAddress): UserConfig {
  const env = Object.entries(addressConstants(address)).map(([name, value]): [string, unknown] => [
    name.replace('import.meta.env.', ''),
    JSON.parse(value)
  ])
  return { test: { env: Object.fromEntries(env) } } as UserConfig
}

/** A key is minted for a build that is published, never for one that is only looked at. */
async function isForPublishing(config: UserConfig, viteVersion: string): Promise<boolean> {
  const { watch, lib, ssr, write } = config.build ?? {}
  if (watch || lib || write === false) return false
  const { frameworkIn } = await import('./frameworks.js')
  const framework = await frameworkIn(config)
  if (Number.parseInt(viteVersion) < 6) return framework === 'VitePress'
  // Frameworks render with the bundle for servers what browsers are shown.
  // guard: a build for a server is told no address that nobody can read
  return !ssr || framework !== null
}
