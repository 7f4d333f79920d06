import { z } from "zod";
/** Environment variables of the web app's server. `docs/operating.md` is generated from this. */
export declare const configurationSchema: z.ZodObject<
  {
    HTTP_LISTEN: z.ZodPipe<
      z.ZodString,
      z.ZodTransform<
        {
          host: string;
          port: number;
        },
        string
      >
    >;
    WEB_ROOT: z.ZodPipe<z.ZodString, z.ZodTransform<string, string>>;
    API_URL: z.ZodPipe<z.ZodURL, z.ZodTransform<string, string>>;
    CONNECT_ORIGINS: z.ZodPipe<z.ZodDefault<z.ZodString>, z.ZodTransform<string[], string>>;
  },
  z.core.$strip
>;
export type Configuration = z.infer<typeof configurationSchema>;
/** @throws Error that names each missing or invalid variable, without its value. */
export declare function readConfiguration(
  environment: Readonly<Record<string, string | undefined>>,
): Configuration;
