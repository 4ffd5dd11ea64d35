package io.github.pgdispatch.samples.benchmark.peer;

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
 * Spring Modulith's own registry, as it sends events to a broker by default.
 */
public final class EventRegistry implements Contender {

	@Override
	public Application create(HikariDataSource dataSource, PlatformTransactionManager transactionManager, int threads,
			LongConsumer body) {
		EventExternalizationConfiguration configuration = EventExternalizationConfiguration.externalizing()
			.select(EventExternalizationConfiguration.annotatedAsExternalized())
			.build();
		return new Modulith(dataSource, transactionManager, threads, NumberSent::new, (context) -> {
			context.register(EventExternalizationAutoConfiguration.class);
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
		return "Spring Modulith 2.1, registry";
	}

}
