// The process of an author who publishes again and again, as a dev server or a build daemon does. Does the jobs that it is sent.
import { createPublisher, initProject, showKey } from '@sitedrive/core'

const jobs = {
  /** Makes the key of a site. */
  async init({ projectDir, env, seeds }) {
    const { project } = await initProject({ projectDir, env }, { seeds })
    const { publisherKey } = await showKey({ projectDir, env })
    return { key: project.key, publisherKey }
  },

  /** @returns milliseconds until a seed has confirmed the release */
  async publish({ projectDir, env, dir }) {
    const publisher = createPublisher({ projectDir, env, required: true })
    const began = performance.now()
    const { release, version, seeds, notes } = await publisher.publish(dir)
    const ms = performance.now() - began
    await publisher.close()
    if (!seeds[0]?.confirmed) throw new Error(`not confirmed: ${JSON.stringify(notes)}`)
    return { release, version, ms }
  }
}

process.on('message', ({ id, job, options }) => {
  jobs[job](options).then(
    (result) => process.send({ id, result }),
    (error) => process.send({ id, error: error.stack })
  )
})
process.on('disconnect', () => process.exit())
