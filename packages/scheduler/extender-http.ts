/**
 * How extenders are reached.
 */
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { ExtenderConfig } from './config/schema.ts';
import type { PostJson } from './extenders.ts';

/** Answers larger than this are refused. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** Sends over HTTP or HTTPS. */
export const postJsonOverHttp: PostJson = (url, body, { timeoutMs, tls }, signal) => {
  const payload = Buffer.from(JSON.stringify(body));
  const secure = url.startsWith('https:');
  const options: RequestOptions = {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Content-Length': payload.length },
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    ...(secure ? tlsOptions(tls) : {}),
  };
  return new Promise((resolve, reject) => {
    const sent = (secure ? httpsRequest : httpRequest)(url, options, (response) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      response.on('data', (part: Buffer) => {
        bytes += part.length;
        if (bytes > MAX_ANSWER_BYTES) sent.destroy(new Error(`the answer of ${url} is too large`));
        else parts.push(part);
      });
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode !== 200) {
          reject(new Error(`failed ${url.slice(url.lastIndexOf('/') + 1)} with extender at URL ${url}, code ${response.statusCode}`));
          return;
        }
        try {
          resolve(JSON.parse(Buffer.concat(parts).toString()));
        } catch (error) {
          reject(error as Error);
        }
      });
    });
    sent.on('error', reject);
    sent.end(payload);
  });
};

function tlsOptions(tls: ExtenderConfig['tlsConfig']): RequestOptions {
  const text = (data: string | undefined, file: string | undefined): Buffer | undefined => (data ? Buffer.from(data, 'base64') : file ? readFileSync(file) : undefined);
  const cert = text(tls?.certData, tls?.certFile);
  const key = text(tls?.keyData, tls?.keyFile);
  const ca = text(tls?.caData, tls?.caFile);
  return {
    rejectUnauthorized: !tls?.insecure,
    ...(tls?.serverName ? { servername: tls.serverName } : {}),
    ...(cert ? { cert } : {}),
    ...(key ? { key } : {}),
    ...(ca ? { ca } : {}),
  };
}
