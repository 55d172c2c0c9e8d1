import path from 'node:path'
import type { ResolvedConfig } from 'vite'
import { linePublishing } from './output-dir.js'

/** Of what SvelteKit gives to an adapter, what is listened to. */
interface AdapterBuilder {
  writeClient(dir: string): unknown
  writePrerendered(dir: string): unknown
}

interface KitConfig {
  adapter?: { name: string; adapt: (builder: AdapterBuilder) => unknown }
  paths?: { base?: string }
}

const STATIC = '@sveltejs/adapter-static'

/** Where SvelteKit's adapter writes a site, told by the adapter itself: no config names the folder. */
export class AdapterOutput {
  readonly base: string
  private readonly dirs = new Set<string>()
  private isDone = false
  private readonly adapter: string

  /** Listens to the adapter of a config. */
  constructor({ plugins }: Pick<ResolvedConfig, 'plugins'>) {
    const setup = plugins.find(({ name }) => name === 'vite-plugin-sveltekit-setup')
    const kit = (setup?.api as { options?: { kit?: KitConfig } } | undefined)?.options?.kit
    const adapter = kit?.adapter
    this.base = `${kit?.paths?.base ?? ''}/`
    this.adapter = adapter?.name ?? 'none'
    if (adapter?.name === STATIC) this.listen(adapter)
  }

  /** The folder of the whole site, or what to do instead. */
  result(): { dir: string } | { refusal: string } {
    const [dir, ...others] = this.dirs
    if (this.adapter !== STATIC) {
      const why = `Not published: with SvelteKit the adapter must be \`${STATIC}\`, and this build's is \`${this.adapter}\`. `
      return { refusal: why + linePublishing(null) }
    }
    if (this.isDone && dir !== undefined && others.length === 0) return { dir }
    const why = `Not published: \`${STATIC}\` has not written pages and assets into one folder. `
    return { refusal: why + linePublishing(null) }
  }

  private listen(adapter: NonNullable<KitConfig['adapter']>): void {
    const { adapt } = adapter
    adapter.adapt = async (builder) => {
      this.dirs.clear()
      this.isDone = false
      const noted = <Name extends keyof AdapterBuilder>(name: Name) => ({
        value: (dir: string) => {
          this.dirs.add(path.resolve(dir))
          return builder[name](dir)
        }
      })
      const listened = { writeClient: noted('writeClient'), writePrerendered: noted('writePrerendered') }
      await adapt.call(adapter, Object.create(builder, listened) as AdapterBuilder)
      this.isDone = true
    }
  }
}
