// Loaded before the command: every way to a network is noted in NETWORK_LOG, and goes nowhere.
import dgram from 'node:dgram';
import dns from 'node:dns';
import { appendFileSync } from 'node:fs';
import net from 'node:net';

function refuse(object, name) {
  object[name] = () => {
    appendFileSync(process.env.NETWORK_LOG, `${name}\n`);
    throw new Error(`network: ${name}`);
  };
}

refuse(net.Socket.prototype, 'connect');
refuse(net.Server.prototype, 'listen');
refuse(dgram, 'createSocket');
refuse(dns, 'lookup');
refuse(dns, 'resolve');
refuse(dns.promises, 'lookup');
refuse(globalThis, 'fetch');
