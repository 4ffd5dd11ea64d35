package io.github.pgdispatch.annotation;

import java.lang.reflect.Type;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.stream.Stream;

import com.fasterxml.jackson.annotation.JsonSubTypes;

import org.springframework.aot.hint.BindingReflectionHintsRegistrar;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.TypeHint;
import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.core.annotation.MergedAnnotations.SearchStrategy;
import org.springframework.util.ClassUtils;

/**
 * Registers the types that Jackson uses by reflection. Spring finds the types of
 * properties and type arguments. This class adds the elements of arrays, and the subtypes
 * that a type declares.
 */
final class JsonHints {

	private final RuntimeHints hints;

	JsonHints(RuntimeHints hints) {
		this.hints = hints;
	}

	void register(Type... types) {
		Set<Type> seen = new HashSet<>();
		Queue<Type> queue = new ArrayDeque<>(List.of(types));
		for (Type type = queue.poll(); type != null; type = queue.poll()) {
			if (seen.add(type)) {
				RuntimeHints found = new RuntimeHints();
				new BindingReflectionHintsRegistrar().registerReflectionHints(found.reflection(), type);
				new BindingReflectionHintsRegistrar().registerReflectionHints(this.hints.reflection(), type);
				found.reflection().typeHints().flatMap(JsonHints::related).forEach(queue::add);
			}
		}
	}

	private static Stream<Class<?>> related(TypeHint hint) {
		Class<?> type = ClassUtils.resolveClassName(hint.getType().getName(), null);
		if (type.isArray()) {
			return Stream.of(type.getComponentType());
		}
		Stream<Class<?>> permitted = type.isSealed() ? Stream.of(type.getPermittedSubclasses()) : Stream.empty();
		Stream<Class<?>> named = MergedAnnotations.from(type, SearchStrategy.TYPE_HIERARCHY)
			.stream(JsonSubTypes.class)
			.flatMap((annotation) -> Stream.of(annotation.synthesize().value()))
			.map(JsonSubTypes.Type::value);
		return Stream.concat(permitted, named);
	}

}
