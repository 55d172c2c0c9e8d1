import path from 'node:path'
import type { ResolvedConfig } from 'vite'

/** Of what React Router's plugin adds to a config, what is read. */
interface RouterContext {
  reactRouterConfig?: { ssr?: boolean; buildDirectory?: string }
}

/**
 * Where React Router writes a site that needs no server (`ssr: false`): its pages come at the end of the build for rendering.
 *
 * @returns absolute; null: the site needs its server, or the version of React Router tells nothing
 */
export function routerOutput(config: Pick<ResolvedConfig, 'root'>): string | null {
  const { __reactRouterPluginContext: context } = config as { __reactRouterPluginContext?: RouterContext }
  const { ssr, buildDirectory } = context?.reactRouterConfig ?? {}
  return ssr === false && buildDirectory !== undefined
    ? path.resolve(config.root, buildDirectory, 'client')
    : null
}
