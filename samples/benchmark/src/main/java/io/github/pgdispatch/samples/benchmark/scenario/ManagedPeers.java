package io.github.pgdispatch.samples.benchmark.scenario;

import java.util.List;
import java.util.stream.Stream;

import io.github.pgdispatch.samples.benchmark.contender.Arena;
import io.github.pgdispatch.samples.benchmark.contender.Contender;
import io.github.pgdispatch.samples.benchmark.contender.FewThreads;
import io.github.pgdispatch.samples.benchmark.database.BenchmarkServer;
import io.github.pgdispatch.samples.benchmark.peer.GraphileWorker;
import io.github.pgdispatch.samples.benchmark.peer.ManagedPeer;

/**
 * The peers that have what an option gives to a job.
 *
 * @param all whom to compare to, with whatever they have
 */
record ManagedPeers(List<? extends Contender> all) {

	private static final int AT_ONCE = 4;

	/**
	 * Those for a row.
	 * @param row such as {@code S15}
	 * @return none if no peer has it
	 */
	List<Contender> of(String row) {
		return switch (row) {
			case "S15" -> with(GraphileWorker.KEYED, ManagedPeer.UNIQUE_TASK, ManagedPeer.UNIQUE_REQUEST);
			case "S16" -> with(GraphileWorker.QUEUED, ManagedPeer.ORDERED_RECORD);
			// Of a node, and not of all nodes together, as it is with a queue.
			case "S17" -> Stream
				.concat(this.all.stream().map((peer) -> new FewThreads(peer, AT_ONCE)), graphile(GraphileWorker.FOUR))
				.toList();
			default -> List.of();
		};
	}

	private List<Contender> with(GraphileWorker graphile, ManagedPeer... peers) {
		return Stream.concat(Stream.of(peers).filter((peer) -> this.all.contains(peer.peer())), graphile(graphile))
			.toList();
	}

	private static Stream<Contender> graphile(GraphileWorker peer) {
		return Stream.<Contender>of(peer).filter((each) -> GraphileWorker.isAvailable());
	}

	/**
	 * How quickly one of them runs jobs that wait for it and insert a row.
	 * @return jobs per second
	 */
	static double rate(BenchmarkServer server, int jobs, Contender peer) throws Exception {
		return (peer instanceof GraphileWorker graphile) ? GraphileWorkerDrain.rate(server, jobs, graphile)
				: NodeDrain.rate(server, jobs, peer, Arena.Body::insert);
	}

}
