package io.github.pgdispatch.samples.benchmark.measure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Some threads that do something at full speed.
 *
 * @param number of threads
 */
public record Clients(int number) {

	/**
	 * Does something at full speed for a time.
	 * @param time for how long
	 * @param clients makes what each of them does again and again
	 * @return how often it was done per second
	 * @throws Exception if it could not be done
	 */
	public double rate(Duration time, Callable<? extends Client> clients) throws Exception {
		List<Client> all = new ArrayList<>();
		ExecutorService threads = Executors.newFixedThreadPool(this.number);
		try {
			for (int i = 0; i < this.number; i++) {
				all.add(clients.call());
			}
			long end = System.nanoTime() + time.toNanos();
			List<Future<Double>> rates = new ArrayList<>();
			for (Client client : all) {
				rates.add(threads.submit(() -> rate(client, end)));
			}
			double rate = 0;
			for (Future<Double> each : rates) {
				rate += each.get();
			}
			return rate;
		}
		finally {
			threads.shutdownNow();
			for (Client client : all) {
				client.close();
			}
		}
	}

	private static double rate(Client client, long end) throws Exception {
		long start = System.nanoTime();
		long times = 0;
		do {
			client.act();
			times++;
		}
		while (System.nanoTime() < end);
		return times * 1e9 / (System.nanoTime() - start);
	}

	/**
	 * One of them.
	 */
	public interface Client extends AutoCloseable {

		/**
		 * Does it once.
		 * @throws Exception if it cannot be done
		 */
		void act() throws Exception;

		@Override
		default void close() throws Exception {
		}

	}

}
