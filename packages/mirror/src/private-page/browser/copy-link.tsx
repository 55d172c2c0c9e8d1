import { useState } from 'preact/hooks'

/** An address with a button that copies it. Only web addresses are links: browsers cannot open others. */
export function CopyLink({ url, isWeb = false }: { url: string; isWeb?: boolean }) {
  const [isCopied, setCopied] = useState(false)
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(url)
      setCopied(true)
      setTimeout(() => setCopied(false), 2_000)
    } catch {
      // The browser does not allow it: the person can copy the address by hand.
    }
  }
  return (
    <span class="copy">
      {isWeb && /^https?:/.test(url) ? (
        <a href={url} target="_blank" rel="noreferrer">
          {url}
        </a>
      ) : (
        <code>{url}</code>
      )}
      <button type="button" class="link" onClick={() => void copy()}>
        <span aria-live="polite">{isCopied ? 'Copied' : 'Copy'}</span>
        <span class="hidden"> {url}</span>
      </button>
    </span>
  )
}
