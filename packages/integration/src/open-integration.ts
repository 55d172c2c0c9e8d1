import { refuseOldNode } from '@sitedrive/core/start'
import type { Integration, Host, Preview } from './contract.js'
import type { IntegrationOptions } from './integration-options.js'
import { knownAddress, plainAddress } from './known-address.js'
import { ProjectPreview } from './project-preview.js'
import type { ProjectPublisher } from './project-publisher.js'
import { buildStartedAt } from './publish-times.js'
import { readableError } from './readable-error.js'

/**
 * Opens the connection between a generator and one project. It is cheap: slow modules are loaded when they are first needed.
 * Integrations of one project in one process share their key and their preview.
 *
 * @throws {SitedriveError} NODE_TOO_OLD
 */
export function openIntegration(host: Host, options: IntegrationOptions): Integration {
  refuseOldNode()
  let opening: Promise<ProjectPublisher> | null = null
  const publisher = () =>
    (opening ??= import('./project-publisher.js').then(({ ProjectPublisher: Publishers }) =>
      Publishers.of(host, options)
    ))
  return {
    address: (willPublish) =>
      withReadableErrors(async () =>
        willPublish
          ? (plainAddress(options.projectDir) ?? (await publisher()).address())
          : knownAddress(options.projectDir)
      ),
    publish: (build) => withReadableErrors(async () => (await publisher()).publish(build, host)),
    get startedAtMs() {
      return buildStartedAt(options.projectDir)
    },
    preview: previewOf(host, options),
    async close() {
      await Promise.all([ProjectPreview.end(options.projectDir), opening?.then((opened) => opened.close())])
    }
  }
}

/** The preview is opened at the first call, so a build without a preview does not pay for it. */
function previewOf(host: Host, options: IntegrationOptions): Preview {
  const preview = (): ProjectPreview => ProjectPreview.of(host, options)
  const use = (action: (preview: ProjectPreview) => void): void => {
    if (options.preview ?? true) action(preview())
    else void ProjectPreview.end(options.projectDir) // an earlier config may have opened one
  }
  return {
    building: () => use((opened) => opened.building()),
    built: (build) => use((opened) => opened.built(build)),
    failed: (failure) => use((opened) => opened.failed(failure)),
    idle: () => use((opened) => opened.idle()),
    open: () => withReadableErrors(() => preview().open()),
    onViewers: (listener) => preview().onViewers(listener),
    close: () => ProjectPreview.end(options.projectDir)
  }
}

async function withReadableErrors<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    throw readableError(error)
  }
}
