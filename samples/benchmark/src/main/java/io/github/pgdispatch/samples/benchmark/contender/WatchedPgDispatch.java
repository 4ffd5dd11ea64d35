package io.github.pgdispatch.samples.benchmark.contender;

import java.util.List;
import java.util.function.LongConsumer;

import com.zaxxer.hikari.HikariDataSource;
import io.github.pgdispatch.autoconfigure.PgDispatchObservabilityAutoConfiguration;
import io.github.pgdispatch.autoconfigure.PgDispatchObservationAutoConfiguration;

import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.context.annotation.Configuration;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * pg-dispatch that is watched, in one way or another.
 *
 * @param ours the job
 * @param watch how it is watched
 */
public record WatchedPgDispatch(PgDispatch ours, Watch watch) implements Contender {

	@Override
	public Application create(HikariDataSource dataSource, PlatformTransactionManager transactionManager, int threads,
			LongConsumer body) {
		return this.ours.create(dataSource, transactionManager, threads, body, this.watch.settings);
	}

	@Override
	public String toString() {
		return this.ours + ", " + this.watch;
	}

	/**
	 * A way to watch it.
	 */
	public enum Watch {

		/**
		 * Not at all: what differs from one that is not watched is chance.
		 */
		NOTHING("once more", NodeSettings.DEFAULT),

		/**
		 * Health, metrics and observations, which are metered.
		 */
		METRICS("with health, metrics and observations", new NodeSettings(List.of(Metered.class), List.of())),

		/**
		 * A history of a week.
		 */
		HISTORY("with a history", new NodeSettings(List.of(), List.of("pgdispatch.history.retention=7d")));

		private final String title;

		private final NodeSettings settings;

		Watch(String title, NodeSettings settings) {
			this.title = title;
			this.settings = settings;
		}

		@Override
		public String toString() {
			return this.title;
		}

	}

	/**
	 * What an application has that is watched.
	 */
	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ MetricsAutoConfiguration.class, CompositeMeterRegistryAutoConfiguration.class,
			SimpleMetricsExportAutoConfiguration.class, ObservationAutoConfiguration.class,
			PgDispatchObservabilityAutoConfiguration.class, PgDispatchObservationAutoConfiguration.class })
	public static class Metered {

	}

}
