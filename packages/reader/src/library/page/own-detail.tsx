import { useState } from 'preact/hooks'
import { CopyLink } from '../../../../mirror/src/private-page/browser/copy-link.js'
import { ago, messageOf, moment } from '../../../../mirror/src/private-page/browser/page-words.js'
import type { OwnRow } from '../api.js'
import { postOpen } from './server.js'

/** A site whose key is on this machine. */
export function OwnDetail({ site, onOpened }: { site: OwnRow; onOpened: (key: string) => void }) {
  const [problem, setProblem] = useState<string | null>(null)
  const open = async (): Promise<void> => {
    setProblem(null)
    try {
      onOpened((await postOpen({ link: site.link })).key)
    } catch (error) {
      setProblem(messageOf(error))
    }
  }
  const folders = site.folders.filter(({ isThere }) => isThere)
  return (
    <div class="site-detail">
      <h2 class="headline">
        <bdi>{site.name}</bdi>
      </h2>
      <p class="words">
        {site.release === null ? (
          'Yours. Nothing of it has been published from this machine yet.'
        ) : (
          <>
            Yours. Release {site.release}
            {site.publishedAt !== null && (
              <>
                {', '}
                <time dateTime={site.publishedAt} title={moment(site.publishedAt)}>
                  {ago(site.publishedAt)}
                </time>
              </>
            )}
          </>
        )}
      </p>
      {problem !== null && (
        <p class="callout bad" role="alert">
          {problem}
        </p>
      )}
      {site.release !== null && (
        <p class="deeds">
          <button type="button" class="button large" onClick={() => void open()}>
            See it as readers do
          </button>
        </p>
      )}
      <dl class="facts">
        <dt>Address</dt>
        <dd>
          <CopyLink url={site.link} />
        </dd>
        {site.webAddress !== null && (
          <>
            <dt>On the web</dt>
            <dd>
              <CopyLink url={site.webAddress} isWeb />
            </dd>
          </>
        )}
        <dt>{folders.length === 1 ? 'Folder' : 'Folders'}</dt>
        <dd>
          {folders.length === 0 ? (
            'none that is there'
          ) : (
            <ul>
              {folders.map(({ dir }) => (
                <li key={dir}>
                  <code>{dir}</code>
                </li>
              ))}
            </ul>
          )}
        </dd>
      </dl>
    </div>
  )
}
