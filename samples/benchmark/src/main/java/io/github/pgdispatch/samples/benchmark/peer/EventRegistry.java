package io.github.pgdispatch.samples.benchmark.peer;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongConsumer;

import com.zaxxer.hikari.HikariDataSource;
import io.github.pgdispatch.samples.benchmark.contender.Application;
import io.github.pgdispatch.samples.benchmark.contender.Contender;
import io.github.pgdispatch.samples.benchmark.contender.NumberSent;

import org.springframework.modulith.events.EventExternalizationConfiguration;
import org.springframework.modulith.events.config.EventExternalizationAutoConfiguration;
import org.springframework.modulith.events.support.EventExternalizerModuleListener;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * Spring Modulith's own registry.
 */
public enum EventRegistry implements Contender {

	/**
	 * As it sends events to a broker by default.
	 */
	UNMONITORED("Spring Modulith 2.1, registry", Map.of()),

	/**
	 * With the monitor of publications that are stale after a while. It only marks them
	 * as failed, so the application sends them again. The time is that after which
	 * pg-dispatch by default takes a node for dead.
	 */
	MONITORED("Spring Modulith 2.1, registry with staleness monitor",
			Map.of("spring.modulith.events.staleness.published", "4s", "spring.modulith.events.staleness.processing",
					"4s", "spring.modulith.events.staleness.resubmitted", "4s",
					"spring.modulith.events.staleness.check-interval", "1s"),
			FailedEvents.class);

	private final String title;

	private final Map<String, Object> properties;

	private final Class<?>[] configurations;

	EventRegistry(String title, Map<String, Object> properties, Class<?>... configurations) {
		this.title = title;
		this.properties = properties;
		this.configurations = configurations;
	}

	@Override
	public Application create(HikariDataSource dataSource, PlatformTransactionManager transactionManager, int threads,
			LongConsumer body) {
		EventExternalizationConfiguration configuration = EventExternalizationConfiguration.externalizing()
			.select(EventExternalizationConfiguration.annotatedAsExternalized())
			.build();
		return new Modulith(dataSource, transactionManager, threads, NumberSent::new, this.properties, (context) -> {
			context.register(EventExternalizationAutoConfiguration.class);
			for (Class<?> each : this.configurations) {
				context.register(each);
			}
			context.registerBean(EventExternalizationConfiguration.class, () -> configuration);
			context.registerBean(EventExternalizerModuleListener.class,
					() -> new EventExternalizerModuleListener(configuration, (event, target) -> {
						body.accept(((NumberSent) event).number());
						return CompletableFuture.completedFuture(target);
					}));
		});
	}

	@Override
	public String toString() {
		return this.title;
	}

}
