package io.github.pgdispatch.samples.outbox;

import tools.jackson.databind.json.JsonMapper;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.expression.spel.support.StandardEvaluationContext;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.modulith.events.support.BrokerRouting;
import org.springframework.modulith.events.support.OutboxEventExternalizer;
import org.springframework.modulith.events.support.OutboxEventExternalizerFactory;

/**
 * Sends events to Kafka. An application of your own has {@code
 * spring-modulith-events-kafka} instead, which does the same.
 */
@Configuration(proxyBeanMethods = false)
class KafkaTransport {

	@Bean
	OutboxEventExternalizer kafkaExternalizer(OutboxEventExternalizerFactory factory,
			KafkaTemplate<String, String> kafka, JsonMapper mapper) {
		StandardEvaluationContext context = new StandardEvaluationContext();
		return factory.forTransport((event, target) -> {
			BrokerRouting routing = BrokerRouting.of(target, context);
			return kafka.send(routing.getTarget(event), routing.getKey(event), mapper.writeValueAsString(event));
		});
	}

}
