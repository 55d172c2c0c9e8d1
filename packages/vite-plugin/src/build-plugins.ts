import type { Plugin } from 'vite'
import type { Build, ConfigContext } from './vite-build.js'
import { NAME } from './name.js'
import type { SiteProject } from './site-project.js'

/** Publishes what `vite build` wrote. */
export function buildPlugins(project: SiteProject): Plugin[] {
  // Imported when there is a build: the dev server starts without it.
  let build: Build | null = null
  return [
    {
      name: `${NAME}:build`,
      apply: 'build',
      enforce: 'post',
      configResolved: {
        order: 'post',
        async handler(config) {
          build = new (await import('./vite-build.js')).Build(project)
          build.resolved(config, this as ConfigContext | undefined)
        }
      },
      buildApp: {
        order: 'pre',
        // eslint-disable-next-line typescript/require-await -- the hook is asynchronous
        async handler(builder) {
          build?.appBegins(builder)
        }
      },
      buildStart: {
        order: 'pre',
        handler() {
          build?.begin(this)
        }
      },
      watchChange() {
        build?.changed()
      },
      generateBundle(_options, _bundle, isWrite) {
        build?.run(this)?.generated(isWrite)
      },
      writeBundle: {
        order: 'post',
        sequential: true,
        handler(options, bundle) {
          if (options.dir !== undefined) build?.run(this)?.wrote(options.dir, options, bundle)
        }
      },
      closeBundle: {
        order: 'post',
        sequential: true,
        async handler() {
          await build?.close(this)
        }
      }
    },
    {
      name: `${NAME}:app`,
      apply: 'build',
      enforce: 'post',
      buildApp: {
        order: 'post',
        async handler(builder) {
          await build?.appEnds(builder)
        }
      }
    }
  ]
}
