import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { childEnvironment } from '@sitedrive/core/start'
import type { BackgroundBuild, BackgroundResult } from './background-messages.js'

/** Builds a project in another process, which stays for the next build. */
export class BackgroundBuilder {
  private child: ChildProcess | null = null

  /** One build at a time. */
  async build(build: BackgroundBuild): Promise<BackgroundResult> {
    const child = (this.child ??= this.start())
    return new Promise((resolve) => {
      const done = (result: BackgroundResult) => {
        child.off('message', done)
        child.off('exit', gone)
        resolve(result)
      }
      const gone = () =>
        done({ failure: { message: 'The process that builds for the live preview has ended.' }, sources: {} })
      child.on('message', done)
      child.once('exit', gone)
      child.send(build, (error) => error && gone())
    })
  }

  stop(): void {
    this.child?.kill()
    this.child = null
  }

  private start(): ChildProcess {
    const child = fork(fileURLToPath(new URL('./background-process.js', import.meta.url)), {
      // guard: secret: builds in the background never see it
      env: childEnvironment(forBuilds(process.env)),
      execArgv: [], // a debugger's port is not this process's
      stdio: ['ignore', 'ignore', 'ignore', 'ipc']
    })
    child.on('error', () => {}) // what it was asked for hears of its end
    child.once('exit', () => {
      if (this.child === child) this.child = null
    })
    // The dev server ends when it wants to.
    child.unref()
    child.channel?.unref()
    return child
  }
}

/** The dev server sets NODE_ENV for itself; a build is for production unless a person says otherwise. */
function forBuilds({ NODE_ENV: mode, ...rest }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return mode === undefined || mode === 'development' ? rest : { ...rest, NODE_ENV: mode }
}
