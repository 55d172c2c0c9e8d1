import type { Integration, Host, Preview } from './contract.js'
import type { IntegrationOptions } from './integration-options.js'
import { knownAddress } from './known-address.js'
import { ProjectPreview } from './project-preview.js'
import type { ProjectPublisher } from './project-publisher.js'
import { buildStartedAt } from './publish-times.js'
import { readableError } from './readable-error.js'

/**
 * Opens what a generator publishes with. It is cheap: what takes time is loaded when it is first needed. Integrations of one
 * project in one process share their key and their preview.
 */
export function openIntegration(host: Host, options: IntegrationOptions): Integration {
  let opening: Promise<ProjectPublisher> | null = null
  const publisher = () =>
    (opening ??= import('./project-publisher.js').then(({ ProjectPublisher: Publishers }) =>
      Publishers.of(host, options)
    ))
  return {
    address: (willPublish) =>
      readably(async () => (willPublish ? (await publisher()).address() : knownAddress(options.projectDir))),
    publish: (build) => readably(async () => (await publisher()).publish(build, host)),
    get startedAtMs() {
      return buildStartedAt(options.projectDir)
    },
    preview: previewOf(host, options),
    async close() {
      await Promise.all([ProjectPreview.end(options.projectDir), opening?.then((opened) => opened.close())])
    }
  }
}

/** Opened at the first call: what is not looked at costs nothing. */
function previewOf(host: Host, options: IntegrationOptions): Preview {
  const preview = (): ProjectPreview => ProjectPreview.of(host, options)
  const use = (action: (preview: ProjectPreview) => void): void => {
    if (options.preview ?? true) action(preview())
    else void ProjectPreview.end(options.projectDir) // an earlier config may have wanted one
  }
  return {
    building: () => use((opened) => opened.building()),
    built: (build) => use((opened) => opened.built(build)),
    failed: (failure) => use((opened) => opened.failed(failure)),
    idle: () => use((opened) => opened.idle()),
    open: () => readably(() => preview().open()),
    onViewers: (listener) => preview().onViewers(listener),
    close: () => ProjectPreview.end(options.projectDir)
  }
}

async function readably<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    throw readableError(error)
  }
}
