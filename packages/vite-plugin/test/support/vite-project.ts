import { realpathSync, rmSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  cleanEnvironment,
  linkPackages,
  readFolder,
  readProjectSite,
  runCommand,
  runToSuccess,
  startCommand,
  temporaryFolder,
  writeFiles,
  type Command,
  type Contents,
  type Finished,
  type IntegrationDriver,
  type PublishedSite,
  type Running,
  type WatchDriver
} from '@sitedrive/testing'

export const packageDir = fileURLToPath(new URL('../..', import.meta.url))

/** The versions that are supported, by the names under which the newest of each is installed here. */
export const VITES = { 8: 'vite', 7: 'vite7', 6: 'vite6' } as const
export type ViteVersion = keyof typeof VITES
export const ALL_VERSIONS = Object.keys(VITES).map(Number).toReversed() as ViteVersion[]
export const NEWEST = 8
/** Those that every detail is tested with: all of them by `npm run long`, else the newest. */
export const VERSIONS: readonly ViteVersion[] = process.env['SITEDRIVE_LONG'] ? ALL_VERSIONS : [NEWEST]

/** Where a package lies that this one depends on. */
export function packageFolder(name: string): string {
  return realpathSync(path.join(packageDir, 'node_modules', name))
}

export function viteCommand(version: ViteVersion, ...args: string[]): Command {
  return {
    command: process.execPath,
    args: [path.join(packageFolder(VITES[version]), 'bin/vite.js'), ...args]
  }
}

/** Lets a folder import the plugin and Vite by name, and makes it a project of ES modules. */
export function makeProject(dir: string, version: ViteVersion): void {
  writeFiles(dir, { 'package.json': '{ "private": true, "type": "module" }' })
  linkPackages(dir, { '@sitedrive/vite-plugin': packageDir, vite: packageFolder(VITES[version]) })
}

/** A Vite config with these lines in its object. */
export function config(lines: string, imports = ''): string {
  return `import sitedrive from '@sitedrive/vite-plugin'
${imports}
export default {
${lines}
}
`
}

/** Lines that the plugin said, in order; the bare link is one of them. */
export function linesOf({ output }: Pick<Finished, 'output'>): string[] {
  return output.split('\n').filter((line) => line.startsWith('[sitedrive] ') || line.startsWith('hyper://'))
}

/** Every page of the project is one of the build. */
const ALL_PAGES = `import { readdirSync } from 'node:fs'
const input = readdirSync('.').filter((name) => name.endsWith('.html'))`

const MAIN = "document.title = 'built'"

/** For the suite that every integration must pass. */
export function viteDriver(
  version: ViteVersion,
  ...args: string[]
): IntegrationDriver & { watch: WatchDriver } {
  return {
    create(projectDir, { withIntegration }) {
      makeProject(projectDir, version)
      writeFiles(projectDir, {
        'vite.config.js': config(
          `  plugins: [${withIntegration ? 'sitedrive()' : ''}],\n  build: { rollupOptions: { input } }`,
          ALL_PAGES
        ),
        'index.html': '<!doctype html>\n<title>Start</title>\n<script type="module" src="/main.js"></script>',
        'main.js': MAIN,
        'public/robots.txt': 'User-agent: *\n'
      })
    },
    writePage(projectDir, name, text) {
      writeFiles(projectDir, { [`${name}.html`]: `<!doctype html>\n<title>A page</title>\n<p>${text}</p>\n` })
    },
    deletePage(projectDir, name) {
      rmSync(path.join(projectDir, `${name}.html`))
    },
    breakBuild(projectDir) {
      writeFiles(projectDir, { 'main.js': "import './missing.js'" })
    },
    build: viteCommand(version, 'build', ...args),
    outputDir: (projectDir) => path.join(projectDir, 'dist'),
    linesOf,
    watch: {
      command: viteCommand(version, 'build', '--watch', ...args),
      builtMark: 'built in',
      fileOf: (name) => `/${name}.html`,
      mendBuild: (projectDir) => writeFiles(projectDir, { 'main.js': MAIN })
    }
  }
}

/** A project in a temporary folder with a data directory of its own. */
export class ViteProject {
  readonly dir = temporaryFolder()
  readonly home = temporaryFolder()
  private readonly version: ViteVersion

  constructor(files: Record<string, string | Uint8Array> = {}, version: ViteVersion = 8) {
    this.version = version
    makeProject(this.dir, version)
    this.write({
      'vite.config.js': config('  plugins: [sitedrive()]'),
      'index.html': '<!doctype html>\n<title>Start</title>\n',
      ...files
    })
  }

  write(files: Record<string, string | Uint8Array>): void {
    writeFiles(this.dir, files)
  }

  /** A command of Vite that may fail. */
  run(args: readonly string[], env: Record<string, string> = {}): Promise<Finished> {
    return runCommand(viteCommand(this.version, ...args), this.options(env))
  }

  start(args: readonly string[], env: Record<string, string> = {}): Running {
    return startCommand(viteCommand(this.version, ...args), this.options(env))
  }

  /** A build that ends well. */
  build(args: readonly string[] = [], env: Record<string, string> = {}): Promise<Finished> {
    return runToSuccess(viteCommand(this.version, 'build', ...args), this.options(env))
  }

  /** Runs a script of the project that ends well. */
  script(file: string, env: Record<string, string> = {}): Promise<Finished> {
    return runToSuccess({ command: process.execPath, args: [file] }, this.options(env))
  }

  /** Runs any command in the project that ends well. */
  command(command: string, ...args: string[]): Promise<Finished> {
    return runToSuccess({ command, args }, this.options({}))
  }

  /** Lets the scripts of package.json run `vite` and `sitedrive` by these names. */
  linkPrograms(): void {
    linkPackages(this.dir, {
      '.bin/vite': path.join(packageFolder(VITES[this.version]), 'bin/vite.js'),
      '.bin/sitedrive': path.join(packageDir, '../cli/bin/sitedrive.js')
    })
  }

  output(dir = 'dist'): Contents {
    return readFolder(path.resolve(this.dir, dir))
  }

  /** What readers see; null when nothing was published. */
  published(): Promise<PublishedSite | null> {
    return readProjectSite(this.home, this.dir)
  }

  private options(env: Record<string, string>): { cwd: string; env: NodeJS.ProcessEnv } {
    // A port where nobody is: nothing of a preview leaves the machine.
    const variables = { SITEDRIVE_HOME: this.home, SITEDRIVE_BOOTSTRAP: '127.0.0.1:9', ...env }
    return { cwd: this.dir, env: cleanEnvironment(variables) }
  }
}
