// What `/// <reference types="@sitedrive/vite-plugin/client" />` adds to `import.meta.env`. All are empty where the project
// has no address.

interface ImportMetaEnv {
  /** `hyper://<key>/` */
  readonly SITEDRIVE_URL: string
  /** The site's key, z-base-32. */
  readonly SITEDRIVE_KEY: string
  /** The `http(s)` address of a mirror that `sitedrive.json` names. */
  readonly SITEDRIVE_MIRROR: string
}

interface ImportMeta {
  readonly env: ImportMetaEnv
}
