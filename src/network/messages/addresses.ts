/** addr and addrv2 (BIP155): what peers say of other peers. */
import { DecodeError } from '../../core/encoding/errors.ts';
import { type NetworkAddress, networkOfId, readLegacyIp, writeLegacyIp } from '../network-address.ts';
import { type Codec, readList, writeList } from './codec.ts';

export const MAXIMUM_ADDRESSES = 1_000;
/** BIP155: longer addresses are malformed, whatever network they are of. */
const MAXIMUM_ADDRESS_BYTES = 512;

export interface TimedAddress {
  /** uint32, seconds since the epoch: when it was last seen. */
  readonly time: number;
  readonly services: bigint;
  readonly address: NetworkAddress;
}

/** Addresses that this message cannot express (Tor v3, I2P, CJDNS) are not written: filter them before. */
export const addr: Codec<{ readonly addresses: readonly TimedAddress[] }> = {
  read: (reader) => ({
    addresses: readList(reader, 30, MAXIMUM_ADDRESSES, () => ({
      time: reader.uint32(),
      services: reader.uint64(),
      address: readLegacyIp(reader.view(16), reader.uint16BigEndian()),
    })),
  }),
  write(writer, body) {
    writeList(writer, body.addresses, ({ time, services, address }) =>
      writer.uint32(time).uint64(services).bytes(writeLegacyIp(address)).uint16BigEndian(address.port),
    );
  },
};

/** An address of a network that we do not know is kept as bytes under its number; it is not used. */
export const addrv2: Codec<{ readonly addresses: readonly TimedAddress[] }> = {
  read: (reader) => ({
    addresses: readList(reader, 9, MAXIMUM_ADDRESSES, () => {
      const time = reader.uint32();
      const services = reader.compactNumber();
      const id = reader.uint8();
      const length = reader.compactSize();
      if (length > MAXIMUM_ADDRESS_BYTES)
        throw new DecodeError(`Address too long: ${length} > ${MAXIMUM_ADDRESS_BYTES}`);
      const bytes = reader.view(length);
      const port = reader.uint16BigEndian();
      return { time, services, address: { network: networkOfId(id, bytes), id, bytes, port } };
    }),
  }),
  write(writer, body) {
    writeList(writer, body.addresses, ({ time, services, address }) =>
      writer
        .uint32(time)
        .compactSize(services)
        .uint8(address.id)
        .varBytes(address.bytes)
        .uint16BigEndian(address.port),
    );
  },
};
