/* A GATT client of another make: finds a peripheral by its name, and does with two of its values what clients do.
 *
 *   node client.js SERIAL-LINE NAME NOTED TOLD TEXT
 *
 * NOTED is read, written with TEXT, and read again; TOLD is read and subscribed to, until one value of it has come.
 * One JSON object a line tells each step, with its "event"; what goes wrong ends it with status 1. */
'use strict';

const [line, name, noted, told, text] = process.argv.slice(2);
// Not its index.js: that opens a Bluetooth adapter of this machine.
const withBindings = require('@stoprocent/noble/lib/resolve-bindings');
const Uart = require('@stoprocent/bluetooth-hci-socket/lib/uart.js');
const COMMAND = 0x01, EVENT = 0x04, COMMAND_COMPLETE = 0x0e, COMMAND_STATUS = 0x0f;

/* noble leaves command flow control to the kernel, which a serial line does not have: a controller takes one command
 * at a time (Vol 4 Part E 4.4). */
function waitForAnswers() {
  const write = Uart.prototype.write;
  const held = [];
  let waits = false;

  function next(socket) {
    waits = held.length > 0;
    if (waits)
      write.call(socket, held.shift());
  }
  Uart.prototype.write = function (packet) {
    if (packet[0] !== COMMAND) {
      write.call(this, packet);
      return;
    }
    held.push(packet);
    if (!waits)
      next(this);
  };
  const start = Uart.prototype.start;
  Uart.prototype.start = function () {
    start.call(this);
    this.on('data', (packet) => {
      if (packet[0] === EVENT && (packet[1] === COMMAND_COMPLETE || packet[1] === COMMAND_STATUS))
        next(this);
    });
  };
}

waitForAnswers();
const noble = withBindings('hci', {
  hciDriver: 'uart', userChannel: false, extended: false,
  bindParams: { uart: { port: line, baudRate: 1000000 } },
});
const LIMIT_MS = 20000;

function say(event, facts) {
  process.stdout.write(JSON.stringify({ event, ...facts }) + '\n');
}

function fail(error) {
  process.stderr.write(`${error.stack || error}\n`);
  process.exit(1);
}

const isIt = (uuid, found) => found.uuid === uuid.replace(/-/g, '');

function onceFound() {
  return new Promise((resolve) => noble.on('discover', (peripheral) => {
    if (peripheral.advertisement.localName === name)
      resolve(peripheral);
  }));
}

async function find() {
  await noble.waitForPoweredOnAsync(LIMIT_MS);
  say('powered', {});
  const found = onceFound();
  await noble.startScanningAsync([], true);
  const peripheral = await found;
  await noble.stopScanningAsync();
  say('found', { address: peripheral.address, address_type: peripheral.addressType });
  return peripheral;
}

async function visit(peripheral) {
  await peripheral.connectAsync();
  say('connected', { mtu: peripheral.mtu });
  const { services, characteristics } = await peripheral.discoverAllServicesAndCharacteristicsAsync();
  say('discovered', { services: services.map((s) => s.uuid), characteristics: characteristics.map((c) => c.uuid) });
  const [note, value] = [noted, told].map((uuid) => characteristics.find((c) => isIt(uuid, c)));
  say('read', { value: (await note.readAsync()).toString('hex') });
  await note.writeAsync(Buffer.from(text), false);
  say('written', {});
  say('read', { value: (await note.readAsync()).toString('hex') });
  say('read', { value: (await value.readAsync()).toString('hex') });
  const came = new Promise((resolve) => value.once('data', resolve));
  await value.subscribeAsync();
  say('subscribed', {});
  say('notified', { value: (await came).toString('hex') });
  await value.unsubscribeAsync();
  say('unsubscribed', {});
  await peripheral.disconnectAsync();
  say('disconnected', {});
}

setTimeout(() => fail(new Error(`not within ${LIMIT_MS} ms`)), LIMIT_MS).unref();
process.on('unhandledRejection', fail);
find().then(visit).then(() => process.exit(0)).catch(fail);
